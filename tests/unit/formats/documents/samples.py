"""Documents in the shapes that the public examples of each format have, with parties and goods of our own."""

SUPPLIER, CUSTOMER, CARRIER = "9421900000005", "4006381333931", "7300010000001"
GTIN = "09421900000012"
SSCC = "394219000000000013"

DESPATCH_ADVICE = f"""<?xml version="1.0" encoding="UTF-8"?>
<DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"
    xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
    xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">
  <cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:despatch_advice:3</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:poacc:bis:despatch_advice:3</cbc:ProfileID>
  <cbc:ID>DA-1001</cbc:ID>
  <cbc:IssueDate>2026-11-20</cbc:IssueDate>
  <cbc:IssueTime>12:00:00</cbc:IssueTime>
  <cac:OrderReference><cbc:ID>PO-7</cbc:ID></cac:OrderReference>
  <cac:DespatchSupplierParty><cac:Party>
    <cbc:EndpointID schemeID="0088">{SUPPLIER}</cbc:EndpointID>
    <cac:PartyIdentification><cbc:ID schemeID="0088">{SUPPLIER}</cbc:ID></cac:PartyIdentification>
    <cac:PostalAddress><cac:Country><cbc:IdentificationCode>NZ</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
    <cac:PartyLegalEntity><cbc:RegistrationName>Kea Dairy</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:DespatchSupplierParty>
  <cac:DeliveryCustomerParty><cac:Party>
    <cbc:EndpointID schemeID="0088">{CUSTOMER}</cbc:EndpointID>
    <cac:PostalAddress><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
    <cac:PartyLegalEntity><cbc:RegistrationName>Fjord Shop AS</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:DeliveryCustomerParty>
  <cac:Shipment>
    <cbc:ID>1</cbc:ID>
    <cbc:TotalTransportHandlingUnitQuantity>20</cbc:TotalTransportHandlingUnitQuantity>
    <cac:Consignment><cbc:ID>1</cbc:ID><cac:CarrierParty>
      <cac:PartyIdentification><cbc:ID schemeID="0088">{CARRIER}</cbc:ID></cac:PartyIdentification>
      <cac:PartyName><cbc:Name>Road Nord</cbc:Name></cac:PartyName>
    </cac:CarrierParty></cac:Consignment>
    <cac:Delivery>
      <cbc:TrackingID>WB-55</cbc:TrackingID>
      <cac:EstimatedDeliveryPeriod>
        <cbc:StartDate>2026-11-25</cbc:StartDate><cbc:EndDate>2026-11-27</cbc:EndDate>
      </cac:EstimatedDeliveryPeriod>
      <cac:Despatch>
        <cbc:ActualDespatchDate>2026-11-20</cbc:ActualDespatchDate>
        <cbc:ActualDespatchTime>13:00:00+13:00</cbc:ActualDespatchTime>
      </cac:Despatch>
    </cac:Delivery>
  </cac:Shipment>
  <cac:DespatchLine>
    <cbc:ID>10</cbc:ID>
    <cbc:DeliveredQuantity unitCode="C62">240.0</cbc:DeliveredQuantity>
    <cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>
    <cac:Item>
      <cbc:Name>Infant formula, 800 g</cbc:Name>
      <cac:StandardItemIdentification><cbc:ID schemeID="0160">{GTIN}</cbc:ID></cac:StandardItemIdentification>
      <cac:ItemInstance><cac:LotIdentification>
        <cbc:LotNumberID>L2601</cbc:LotNumberID><cbc:ExpiryDate>2028-01-01</cbc:ExpiryDate>
      </cac:LotIdentification></cac:ItemInstance>
    </cac:Item>
  </cac:DespatchLine>
</DespatchAdvice>
""".encode()

_ISA = "ISA*00*          *00*          *ZZ*KEADAIRY       *ZZ*FJORDSHOP      *261120*1200*U*00401*000000009*0*P*>~"
SHIP_NOTICE = "\n".join((
    _ISA, "GS*SH*KEADAIRY*FJORDSHOP*20261120*1200*9*X*004010~", "ST*856*0001~",
    "BSN*00*ASN-77*20261120*1200*0001~", "DTM*011*20261120*1300*UT~", "HL*1**S~", "TD1*CTN25*20~",
    "TD5*B*2*RDNO*M*Road Nord~", "REF*BM*WB-55~", "DTM*017*20261127~", f"N1*SF*Kea Dairy*UL*{SUPPLIER}~",
    "N4*Auckland***NZ~", f"N1*ST*Fjord Shop*UL*{CUSTOMER}~", "N4*Oslo***NO~", "HL*2*1*O~", "PRF*PO-7~", "HL*3*2*P~",
    f"MAN*GM*00{SSCC}~", "HL*4*3*I~", f"LIN*1*UK*{GTIN}*LT*L2601~", "SN1*1*240*EA~",
    "PID*F****Infant formula, 800 g~", "CTT*1~", "SE*22*0001~", "GE*1*9~", "IEA*1*000000009~", "",
)).encode()  # fmt: skip

DESADV = "".join((
    "UNA:+.? '", f"UNB+UNOC:3+{SUPPLIER}:14+{CUSTOMER}:14+261120:1200+77'", "UNH+1+DESADV:D:96A:UN:EAN005'",
    "BGM+351+DES-9+9'", "DTM+137:202611201200:203'", "DTM+11:202611201300:203'", "DTM+17:20261127:102'", "RFF+ON:PO-7'",
    f"NAD+SU+{SUPPLIER}::9++Kea Dairy'", f"NAD+DP+{CUSTOMER}::9++Fjord Shop+++++NO'",
    f"NAD+CA+{CARRIER}::9'", "TDT+20++30'", "CPS+1'", "PAC+20++CT'", "CPS+2+1'", "PAC+20++CT'", "PCI+33E'",
    f"GIN+BJ+{SSCC}'", f"LIN+1++{GTIN[1:]}:EN'", "PIA+1+L2601:NB'",
    "IMD+F++:::Infant formula?, 800 g'", "QTY+12:240:PCE'",
    "UNT+21+1'", "UNZ+1+77'",
)).encode()  # fmt: skip
