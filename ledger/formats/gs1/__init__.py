"""GS1's ways to write what is on a label: element strings, brackets, Digital Link URIs, compressed links, linksets.

>>> from ledger.formats.gs1 import digital_link
>>> found = digital_link.parse("https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426")
>>> str(found)
'^010952012345678810ABC1^2112345^17180426'
>>> found.bracketed()
'(01)09520123456788(10)ABC1(21)12345(17)180426'

One module a way of writing: `digital_link`, `compression`, `element_string`; `scanned` takes any of them, as a scanner
or a person gives it. `application_identifiers` and `value_checks` say what each part may hold, `linkset` what a
resolver answers.
"""
