"""What a despatch advice must have, and what it has once: of PEPPOL's transaction T16 (release 2024.5, rules B) and of
UBL 2.1's schema, as far as a draft is made of it.
"""

ONCE = {
    "CustomizationID", "ProfileID", "ID", "IssueDate", "IssueTime", "Shipment", "Consignment", "CarrierParty",
    "Delivery", "Despatch", "DespatchAddress", "DeliveryAddress", "EstimatedDeliveryPeriod", "EndDate", "EndTime",
    "TrackingID",
    "ActualDespatchDate", "ActualDespatchTime", "TotalTransportHandlingUnitQuantity", "DespatchSupplierParty",
    "DeliveryCustomerParty", "Party", "EndpointID", "PostalAddress", "Country", "IdentificationCode",
    "DeliveredQuantity", "Item", "StandardItemIdentification", "LotIdentification", "LotNumberID", "OrderReference",
    "CarrierAssignedID",
}  # fmt: skip
"""What a draft is made of, and UBL 2.1's schema has at most once in its parent: of two, one reader would take the first
and another the last.
"""
MANY = {
    "Shipment": "DespatchLine", "Item": "GoodsItem", "Consignment": "Shipment", "CarrierParty": "ShipmentStage",
    "OrderReference": "DespatchAdvice",
}  # fmt: skip
"""Where one of them may stand several times."""
_SUPPLIER, _CUSTOMER = "cac:DespatchSupplierParty", "cac:DeliveryCustomerParty"
_CARRIER = "cac:Shipment/cac:Consignment/cac:CarrierParty"
NEEDED: tuple[tuple[str, str, str], ...] = (
    ("B00101", ".", "cbc:CustomizationID"), ("B00102", ".", "cbc:ProfileID"), ("B00103", ".", "cbc:ID"),
    ("B00104", ".", "cbc:IssueDate"), ("B00105", ".", _SUPPLIER), ("B00106", ".", _CUSTOMER),
    ("B00107", ".", "cac:DespatchLine"), ("B00801", "cac:OrderReference", "cbc:ID"),
    ("B01901", _SUPPLIER, "cac:Party"), ("B02001", f"{_SUPPLIER}/cac:Party", "cbc:EndpointID"),
    ("B02002", f"{_SUPPLIER}/cac:Party", "cac:PartyLegalEntity"),
    ("B02101", f"{_SUPPLIER}/cac:Party/cbc:EndpointID", "@schemeID"),
    ("B02301", f"{_SUPPLIER}/cac:Party/cac:PartyIdentification", "cbc:ID"),
    ("B03401", f"{_SUPPLIER}/cac:Party/cac:PostalAddress/cac:Country", "cbc:IdentificationCode"),
    ("B04601", f"{_CUSTOMER}/cac:Party/cac:PartyIdentification", "cbc:ID"),
    ("B05701", f"{_CUSTOMER}/cac:Party/cac:PostalAddress/cac:Country", "cbc:IdentificationCode"),
    ("B12801", f"{_CARRIER}/cac:PartyIdentification", "cbc:ID"), ("B13101", f"{_CARRIER}/cac:PartyName", "cbc:Name"),
    ("B17601", "cac:DespatchLine/cac:Item", "cbc:Name"),
    ("B18301", "cac:DespatchLine/cac:Item/cac:StandardItemIdentification", "cbc:ID"),
    ("B02601", f"{_SUPPLIER}/cac:Party/cac:PostalAddress", "cac:Country"),
    ("B03601", f"{_SUPPLIER}/cac:Party/cac:PartyLegalEntity", "cbc:RegistrationName"),
    ("B04201", _CUSTOMER, "cac:Party"), ("B04301", f"{_CUSTOMER}/cac:Party", "cbc:EndpointID"),
    ("B04302", f"{_CUSTOMER}/cac:Party", "cac:PartyLegalEntity"),
    ("B04401", f"{_CUSTOMER}/cac:Party/cbc:EndpointID", "@schemeID"),
    ("B04901", f"{_CUSTOMER}/cac:Party/cac:PostalAddress", "cac:Country"),
    ("B05901", f"{_CUSTOMER}/cac:Party/cac:PartyLegalEntity", "cbc:RegistrationName"),
    ("B11601", "cac:Shipment", "cbc:ID"), ("B12401", "cac:Shipment/cac:Consignment", "cbc:ID"),
    ("B16001", "cac:DespatchLine", "cbc:ID"), ("B16002", "cac:DespatchLine", "cbc:DeliveredQuantity"),
    ("B16003", "cac:DespatchLine", "cac:OrderLineReference"), ("B16004", "cac:DespatchLine", "cac:Item"),
    ("B16301", "cac:DespatchLine/cbc:DeliveredQuantity", "@unitCode"),
    ("B16801", "cac:DespatchLine/cac:OrderLineReference", "cbc:LineID"),
    ("B18401", "cac:DespatchLine/cac:Item/cac:StandardItemIdentification/cbc:ID", "@schemeID"),
)  # fmt: skip
"""Rule of T16, where, and what must be there."""
