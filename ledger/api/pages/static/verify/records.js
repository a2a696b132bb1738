// Generated from ledger/records/types.py and ledger/codes.py by scripts/generate_page_types.py; `make
// check` compares. Do not edit. Structures as their EIP-712 type strings, with their type numbers; code lists by name.
export const RECORDS = {
  RegistryChange: { number: 1, type: "RegistryChange(uint40 sequence,uint40 notBefore,uint8 action,uint40 partner,address key,uint8 role,bytes32 scope,uint40 number,bytes32 document)" },
  KeyGrant: { number: 2, type: "KeyGrant(uint40 partner,address key,uint40 actor,uint32 scopes,uint40 validFrom,uint40 validUntil,Details details)Details(bytes16 salt,string text)" },
  KeyRevoke: { number: 3, type: "KeyRevoke(uint40 partner,address key,Details details)Details(bytes16 salt,string text)" },
  ShipmentTerms: { number: 4, type: "ShipmentTerms(bytes16 salt,uint40 consignor,uint40 consignee,uint40 holder,address recipientKey,uint8 purpose,ShipmentRef[] parents,uint32 packages,uint8 mode,uint8 fulfilment,Place origin,Place destination,Goods[] contents,Commercial commercial,Require[] requires,uint40 submitBy,Details details)Commercial(bytes16 salt,string orderRef,uint128 value,string currency,uint128 freight,string incoterm,uint40 promisedAt,uint40 grace,uint128 alpha,uint128 penaltyCap,uint40 liable,uint40 beneficiary,uint40 lostAfter,uint40 tenderWindow,uint40 reportLag,bytes32 rules)Details(bytes16 salt,string text)Goods(bytes16 salt,string gtin,string lot,bytes32 serials,uint64 quantity,string unit,string hs,string description)Place(bytes16 salt,string country,string locode,string gln,string name)Require(bytes2 jurisdiction,uint8 regime,uint8 gate,bool relay)ShipmentRef(bytes32 shipment,uint16 sequence)" },
  Handoff: { number: 5, type: "Handoff(HandoffItem[] items,uint40 releaser,uint40 receiver,Place place,Load load,uint40 occurredAt,uint40 dueAt,uint40 submitBy,Details details)Details(bytes16 salt,string text)HandoffItem(bytes32 shipment,uint16 sequence,uint32 packages,uint16 exceptions)Load(bytes16 salt,string identifier)Place(bytes16 salt,string country,string locode,string gln,string name)" },
  Split: { number: 6, type: "Split(uint40 by,bytes32 shipment,uint16 sequence,Child[] children,uint8 reason,uint40 occurredAt,Details details)Child(uint32 packages,Goods[] contents)Details(bytes16 salt,string text)Goods(bytes16 salt,string gtin,string lot,bytes32 serials,uint64 quantity,string unit,string hs,string description)" },
  Statement: { number: 7, type: "Statement(uint40 by,uint40 counterparty,uint8 kind,bytes32 shipment,uint16 sequence,uint40 occurredAt,Place place,Details details)Details(bytes16 salt,string text)Place(bytes16 salt,string country,string locode,string gln,string name)" },
  Override: { number: 8, type: "Override(bytes32 shipment,uint16 sequence,uint40 releaser,uint40 receiver,uint32 packages,uint16 exceptions,Details details)Details(bytes16 salt,string text)" },
  Clearance: { number: 9, type: "Clearance(uint40 by,uint40 declarant,ShipmentRef[] items,bytes2 jurisdiction,uint8 regime,uint8 status,uint8 holdCause,uint40 causedBy,uint8 assurance,uint40 occurredAt,Duty duty,Details details)Details(bytes16 salt,string text)Duty(bytes16 salt,string mrn,string procedure,string channel,string currency,TaxLine[] lines)ShipmentRef(bytes32 shipment,uint16 sequence)TaxLine(string tax,uint128 base,uint32 ratePpm,uint128 assessed,uint128 paid)" },
  Attestation: { number: 10, type: "Attestation(uint40 by,bytes32 schema,string subject,bytes32 accreditation,uint40 validFrom,uint40 validUntil,bytes32 document,Claims claims,bytes32 itemCodes,Details details)Claims(bytes16 salt,string text)Details(bytes16 salt,string text)" },
  Revocation: { number: 11, type: "Revocation(uint40 by,bytes32 target,uint8 reason,uint40 effectiveFrom,Details details)Details(bytes16 salt,string text)" },
  Recall: { number: 12, type: "Recall(uint40 by,string subject,string lots,uint8 hazard,uint8 action,string contact,bytes32 supersedes,uint40 occurredAt,Details details)Details(bytes16 salt,string text)" },
  RecallAnswer: { number: 13, type: "RecallAnswer(uint40 by,bytes32 recall,uint32 found,uint32 quarantined,uint32 disposed,uint40 occurredAt,Details details)Details(bytes16 salt,string text)" },
  Amendment: { number: 14, type: "Amendment(bytes32 target,bytes32 previous,uint8 kind,Details changes)Details(bytes16 salt,string text)" },
  Endorsement: { number: 15, type: "Endorsement(uint40 by,bytes32 target)" },
  Observation: { number: 16, type: "Observation(uint40 by,bytes32 eventHash,uint40 occurredAt)" },
  Checkpoint: { number: 17, type: "Checkpoint(bytes32 logId,uint64 previousSize,uint64 size,bytes32 root)" },
  BonusAgreement: { number: 18, type: "BonusAgreement(bytes16 salt,Share[] parties,uint40 awarder,uint40 residual,address token,string currency,bytes32 rule,uint40 periodStart,uint40 periodEnd,uint40 disputeWindow,uint40 arbiter,uint40 arbiterWindow,uint40 deadline,uint40 claimUntil,Details details)Details(bytes16 salt,string text)Share(uint40 partner,uint16 basisPoints)" },
  BonusAward: { number: 19, type: "BonusAward(uint40 by,bytes32 agreement,uint16 version,bytes32 logId,uint64 logSize,uint128 total,bytes32 amounts,bytes32 evidence)" },
  Dispute: { number: 20, type: "Dispute(uint40 by,bytes32 agreement,uint16 version,bytes32 reason)" },
  Ruling: { number: 21, type: "Ruling(uint40 by,bytes32 agreement,uint16 version,bool upheld,bytes32 reason)" },
  Claim: { number: 22, type: "Claim(uint40 by,bytes32 agreement,uint16 version,uint128 amount,address payTo)" },
  Outcome: { number: 23, type: "Outcome(bytes32 record,address target,uint64 blockNumber,uint40 blockTime,bytes32 transaction,uint32 eventIndex,bytes outcomes)" },
};
export const RegistryAction = { ADMIT: 1, SUSPEND: 2, REINSTATE: 3, ADD_KEY: 4, REVOKE_KEY: 5, GRANT_ROLE: 6, REVOKE_ROLE: 7, ADD_COUNCIL_MEMBER: 8, REMOVE_COUNCIL_MEMBER: 9, SET_THRESHOLD: 10, REGISTER_LOG: 11, RETIRE_LOG: 12, OPEN_CONTRACT: 13, CLOSE_CONTRACT: 14, ADOPT_RULES: 15 };
export const Role = { SUPPLIER: 1, CARRIER: 2, MAIN_CARRIER: 3, WAREHOUSE: 4, CUSTOMS: 5, BROKER: 6, PLATFORM: 7, RETAILER: 8, ISSUER: 9, BRAND: 10, AUTHORITY: 11, AUDITOR: 12, OPERATOR: 13, LOCKER: 14 };
export const ContractKind = { CUSTODY: 1, CLEARANCE: 2, ATTESTATION: 3, BONUS: 4, ANCHOR: 5 };
export const StatementKind = { TENDER: 1, CONTEST: 2, LOST: 3, LEFT: 4, SOLD: 5, DESTROYED: 6, ABANDONED: 7, FOUND: 8 };
export const Assurance = { BROKER_WORD: 1, CUSTOMS_MESSAGE: 2, AUTHORITY_SIGNED: 3 };
export const AmendmentKind = { CORRECTION: 1, TERMS: 2, RELIEF: 3 };
export const RevocationReason = { ERROR: 1, EXPIRED: 2, WITHDRAWN: 3, SUPERSEDED: 4, RECALLED: 5 };
export const RecallAction = { STOP_SALE: 1, QUARANTINE: 2, RETURN: 3, DESTROY: 4 };
export const ExceptionBit = { SHORT: 1, DAMAGED: 2, REFUSED: 4, OVER: 8, WRONG_GOODS: 16, SEAL_BROKEN: 32, TEMPERATURE: 64, UNCHECKED: 128 };
export const Outcome = { APPLIED: 1, APPLIED_IN_BREACH: 2, STALE: 3, NOT_HELD: 4, UNKNOWN: 5, ENDED: 6, WRONG_KEY: 7, COUNT: 8, AHEAD: 9, FORBIDDEN: 10, REJECTED: 11, ANNOUNCED: 12 };
export const Gate = { HANDOVER: 1, DELIVERY: 2, SALE: 4 };
export const ShipmentState = { OPEN: 1, DELIVERED: 2, CLOSED_INTO_CHILDREN: 3, CLOSED_INTO_ONWARD: 4, LOST: 5, LEFT: 6, SOLD: 7, DESTROYED: 8, ABANDONED: 9, SEIZED: 10 };
