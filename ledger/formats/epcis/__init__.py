"""EPCIS 2.0 and CBV 2.0 (GS1): events out of records, captured events in, the query language, event hash ids.

Sources: EPCIS 2.0 (sections 7 data model, 8.2.7 simple event query, 12 REST bindings), CBV 2.0 (section 7 vocabularies,
8 identifiers, 8.9 event hash ids).
"""
