"""W3C Verifiable Credentials about what records say, issued by who signed the records.

A credential here has two layers. Its issuer's signature (JOSE, with the key that signed the record) says what UNTP or a
reader of credentials understands; its `evidence` is the record itself, with all its signatures and the proof that the
log has it. Whoever trusts the log's key checks both offline, and nobody has to trust the service: it issues nothing.

    subject = conformity_subject(attestation, record_id, Certificate("organic/1", "Organic tea"), parties)
    token = sign_credential(credential(...), key)
    steps = verify_credential(token, trust)
"""
