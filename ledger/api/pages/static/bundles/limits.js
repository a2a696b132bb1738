// Generated from ledger/records/types.py by scripts/generate_page_types.py; `make check` compares.
// Do not edit. By structure and field: the most bytes of a text, the least and the most entries of a list.
export const LIMITS = {
  Attestation: {"subject": 512},
  BonusAgreement: {"parties": [1, 200], "currency": 512},
  Child: {"contents": [0, 200]},
  Claims: {"text": 16384},
  Clearance: {"items": [1, 200]},
  Commercial: {"orderRef": 512, "currency": 512, "incoterm": 512},
  Details: {"text": 16384},
  Duty: {"mrn": 512, "procedure": 512, "channel": 512, "currency": 512, "lines": [0, 200]},
  Goods: {"gtin": 512, "lot": 512, "unit": 512, "hs": 512, "description": 512},
  Handoff: {"items": [1, 200]},
  Load: {"identifier": 512},
  Outcome: {"outcomes": 200},
  Place: {"country": 512, "locode": 512, "gln": 512, "name": 512},
  Recall: {"subject": 512, "lots": 4096, "contact": 512},
  ShipmentTerms: {"parents": [0, 200], "contents": [0, 200], "requires": [0, 4]},
  Split: {"children": [1, 200]},
  TaxLine: {"tax": 512},
};
