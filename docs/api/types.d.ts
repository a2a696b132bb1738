// Types of Lading's API, generated from its OpenAPI document by scripts/generate_api_types.py.
// Amounts that may be wide are decimal strings, times UTC seconds, bytes 0x and lower-case hex.

export type AccessRight = "party" | "recipient" | "goods" | "amended" | "auditor" | "export" | "forwarded";
export type AccessView = {
  record: string;
  paths: string[];
  partner: PartnerName;
  key: string;
  right: AccessRight;
  at: number;
};
export type AgreementDates = {
  awardBy: number;
  disputeWindow: number;
  arbiterWindow: number;
  claimUntil: number;
};
export type AgreementPage = {
  next: number | string | null;
  agreements: AgreementSummary[];
};
export type AgreementSummary = {
  id: string;
  status: string;
  meaning: string;
  currency: string;
  pool: string;
  token: string;
  funded: string;
  periodStart: number;
  periodEnd: number;
  awarder: string;
  arbiter: string;
  residual: string;
  parties: PartyShare[];
  cursor: number;
};
export type AgreementView = {
  id: string;
  status: string;
  meaning: string;
  currency: string;
  pool: string;
  token: string;
  funded: string;
  periodStart: number;
  periodEnd: number;
  awarder: string;
  arbiter: string;
  residual: string;
  parties: PartyShare[];
  cursor: number;
  dates: AgreementDates;
  deposits: DepositView[];
  awards: AwardView[];
  claims: ClaimView[];
};
export type AgreementWarning = "awarder-is-residual" | "claims-are-public";
export type Amendment = {
  target: string;
  previous: string;
  kind: number;
  changes: Details | string;
};
export type AnchorPage = {
  next: number | string | null;
  anchors: AnchorView[];
};
export type AnchorView = {
  size: number;
  root: string;
  signed_at: number;
  block: number | null;
  block_time: number | null;
  transaction: string;
};
export type Anchored = {
  size: number;
  block: number;
  transaction: string;
};
export type AnchoredView = {
  size: number;
  block: number | null;
  transaction: string | null;
};
export type AnswerView = {
  found: number;
  quarantined: number;
  disposed: number;
  at: number;
};
export type AskedBy = {
  partner: number;
  auditor: boolean;
  scopes: number;
};
export type Attestation = {
  by: number;
  schema: string;
  subject: string;
  accreditation: string;
  validFrom: number;
  validUntil: number;
  document: string;
  claims: Claims | string;
  itemCodes: string;
  details: Details | string;
};
export type AwaitedView = {
  where: string;
  shipment: string;
  sequence: number;
  standing?: number | null;
};
export type AwardKept = {
  kept: number;
};
export type AwardView = {
  record: string;
  version: number;
  total: string;
  logSize: string;
  disputedBy: string | null;
  ruledBy: string | null;
  upheld: boolean | null;
  file: Record<string, unknown> | null;
  explanation: string[];
};
export type BalanceView = {
  record: string;
  made: string;
  parents: string[];
  children: string[];
  verdict: string;
  sums: SumView[];
  loss_reason: string;
};
export type BatchAnswer = {
  id?: string;
  status: "accepted" | "proposed" | "refused";
  receipt?: ReceiptView;
  missing?: string[];
  waitsFor?: AwaitedView[];
  problem?: Problem;
  retryAfter?: number;
};
export type BatchAnswers = {
  results: BatchAnswer[];
};
export type BenchmarkView = {
  title: string;
  source: string;
  costs: {
    fulfilment: "express" | "own_warehouse" | "third_party" | "bonded_warehouse" | "direct_mail";
    link: "freight" | "onward_freight" | "return_freight" | "duty" | "penalties" | "total";
    per: "order" | "package";
    currency: string;
    benchmark: number | string;
    measured: (number | string) | null;
    difference: (number | string) | null;
    ratio_ppm: (number | string) | null;
  }[];
};
export type BonusAgreement = {
  salt: string;
  parties: Share[];
  awarder: number;
  residual: number;
  token: string;
  currency: string;
  rule: string;
  periodStart: number;
  periodEnd: number;
  disputeWindow: number;
  arbiter: number;
  arbiterWindow: number;
  deadline: number;
  claimUntil: number;
  details: Details | string;
};
export type BonusAward = {
  by: number;
  agreement: string;
  version: number;
  logId: string;
  logSize: string;
  total: string;
  amounts: string;
  evidence: string;
};
export type BookKey = {
  address: string;
  types: number;
};
export type BookPartner = {
  id: number;
  name: string;
  gln: string;
  keys: BookKey[];
};
export type By = "lane" | "market" | "mode" | "carrier" | "fulfilment";
export type CarriedGoods = {
  gtin: string;
  lot: string;
  description: string;
  quantity: number;
  unit: string;
};
export type CarriedView = {
  shipment: string;
  order: string;
  goods: CarriedGoods[];
};
export type ChainTrack = {
  status: string;
  items?: ItemView[];
  problem?: string;
  waitsFor?: AwaitedView[];
};
export type Challenge = {
  message: string;
};
export type ChangesList = {
  inputs?: InputsView | null;
  changes: ChangesView[];
};
export type ChangesView = {
  partner: number;
  market: string;
  jurisdiction: string;
  version: number;
  since: number;
  replaces: string | null;
  open: number;
  cases: {
    origin: string;
    destination: string;
    fulfilment: number;
    goods: string[];
    shipments: number | string;
    changes: {
      change: "added" | "removed" | "changed";
      before: {
        jurisdiction: string;
        lane: "export" | "import" | "transit";
        kind: "clearance" | "paper" | "tax" | "goods";
        rule: string;
        market: string;
        certain: boolean;
        goods: string[];
        standing: ("prohibited" | "restricted" | "licence" | "free") | null;
        regime: (number | string) | null;
        gates: (number | string) | null;
        relay: boolean | null;
        schema: string | null;
        about: ("product" | "lot" | "shipment" | "consignor" | "consignee") | null;
        tax: string | null;
        rates: ((number | string)[]) | null;
        fixed: (number | string) | null;
      } | null;
      after: {
        jurisdiction: string;
        lane: "export" | "import" | "transit";
        kind: "clearance" | "paper" | "tax" | "goods";
        rule: string;
        market: string;
        certain: boolean;
        goods: string[];
        standing: ("prohibited" | "restricted" | "licence" | "free") | null;
        regime: (number | string) | null;
        gates: (number | string) | null;
        relay: boolean | null;
        schema: string | null;
        about: ("product" | "lot" | "shipment" | "consignor" | "consignee") | null;
        tax: string | null;
        rates: ((number | string)[]) | null;
        fixed: (number | string) | null;
      } | null;
      since: number | null;
    }[];
    explanation: string[];
  }[];
};
export type Child = {
  packages: number;
  contents: ((Goods | string)[]) | string;
};
export type Claim = {
  by: number;
  agreement: string;
  version: number;
  amount: string;
  payTo: string;
};
export type ClaimView = {
  record: string;
  partner: string;
  version: number;
  amount: string;
  claimedAt: number | null;
};
export type Claims = {
  salt: string;
  text: string;
};
export type Clearance = {
  by: number;
  declarant: number;
  items: ShipmentRef[];
  jurisdiction: string;
  regime: number;
  status: number;
  holdCause: number;
  causedBy: number;
  assurance: number;
  occurredAt: number;
  duty: Duty | string;
  details: Details | string;
};
export type ClearanceView = {
  jurisdiction: string;
  regime: string;
  status: string;
  sequence: number;
  required_at: string[];
  released?: boolean;
  assurance?: string;
};
export type CodeElement = {
  ai: string;
  title: string;
  value: string;
};
export type CodeView = {
  elements: CodeElement[];
  message: string;
  bracketed: string;
  link: string | null;
  compressed: string | null;
  product: string | null;
};
export type ComingView = {
  record: string;
  type: string;
  text: string;
  waits_for: string;
  signers: PartnerName[];
  logged_at: number;
  not_before?: number | null;
  by_outsiders?: boolean;
};
export type Commercial = {
  salt: string;
  orderRef: string;
  value: string;
  currency: string;
  freight: string;
  incoterm: string;
  promisedAt: number;
  grace: number;
  alpha: string;
  penaltyCap: string;
  liable: number;
  beneficiary: number;
  lostAfter: number;
  tenderWindow: number;
  reportLag: number;
  rules: string;
};
export type ConsentView = {
  consent: string;
  partner: number;
  to: string;
  until: number;
  what: string[];
  counts: boolean;
  problem: string;
  forwarded: number;
};
export type ConsistencyProof = {
  first: number;
  second: number;
  proof: string[];
};
export type ConsolidationView = {
  inputs?: InputsView | null;
  at: number;
  plan: {
    currency: string;
    groups: {
      origin: string;
      destination: string;
      mode: "not_specified" | "maritime" | "rail" | "road" | "air" | "mail" | "multimodal" | "fixed_installation" | "inland_water" | "not_applicable";
      week: number;
      goods: string;
      hub: number;
      collector_card: string | null;
      collector_stated: boolean;
      collections: {
        holder: number;
        packages: number | string;
        charge: string;
        shipments: string[];
      }[];
      shared_by: "mass" | "packages";
      alone: string;
      cost: string;
      saves: string;
      bound: string;
      manifests: {
        partner: number;
        card: string | null;
        packages: number | string;
        charge: string;
        shipments: string[];
      }[];
      contributions: {
        partner: number;
        shipments: number | string;
        packages: number | string;
        grams: (number | string) | null;
        alone: string;
        pays: string;
        saves: string;
      }[];
    }[];
    saves: string;
    apart: {
      origin: string;
      destination: string;
      mode: "not_specified" | "maritime" | "rail" | "road" | "air" | "mail" | "multimodal" | "fixed_installation" | "inland_water" | "not_applicable";
      week: number;
      goods: string;
      holders: number[];
      worth: string;
      shipments: string[];
    }[];
    single: number | string;
    unpriced: number | string;
    kept_out: Record<string, number | string>;
  };
  explanation: string[];
  drafts?: {
    name: string;
    signers: number[];
    template: Record<string, unknown>;
  }[] | null;
};
export type ConsortiumView = {
  trust: Record<string, unknown>;
  council: CouncilInForce;
  delay: number;
  next_sequence: number;
  contracts: Record<string, string | null>;
  pools: string[];
};
export type Contradictions = {
  contradictions: TreeContradiction[];
};
export type CouncilInForce = {
  members: string[];
  threshold: number;
};
export type CouncilMember = {
  address: string;
  status: KeyStatus;
  since: number | null;
  until: number | null;
};
export type CouncilView = {
  threshold: number;
  members: CouncilMember[];
  next_threshold: number | null;
  next_threshold_from: number | null;
};
export type CountedView = {
  origin: string;
  size: number;
  checkpoint: PointView | null;
};
export type DeadLetter = {
  index: number;
  plannedAt: number;
  attempts: number;
  status: number;
  problem: string;
};
export type DeadLetters = {
  dead: DeadLetter[];
  next: number | null;
};
export type DepositView = {
  funder: string;
  amount: string;
  refunded: boolean;
};
export type Details = {
  salt: string;
  text: string;
};
export type Dispute = {
  by: number;
  agreement: string;
  version: number;
  reason: string;
};
export type DockKey = {
  address: string;
  types: number;
  since: number;
  until: number | null;
};
export type DockPartner = {
  id: number;
  roles: number;
  suspended: boolean;
  keys: DockKey[];
};
export type DockShipment = {
  shipment: string;
  consignor: number;
  consignee: number;
  custodian: number;
  packages: number;
  sequence: number;
  state: number;
  recipient_key: string;
  requires: RequiredView[];
  remainder: boolean;
  terms: Record<string, unknown> | null;
};
export type DockView = {
  partner: number;
  at: number;
  shipments: DockShipment[];
  coming: DockShipment[];
  partners: DockPartner[];
  next: number | null;
};
export type DocumentDraft = {
  kind: string;
  number: string;
  issued: string;
  lines: number;
  draft: Record<string, unknown>;
};
export type DocumentList = {
  documents: OfferedDocument[];
};
export type DraftView = {
  type: string;
  message: Record<string, unknown>;
};
export type Duty = {
  salt: string;
  mrn: string;
  procedure: string;
  channel: string;
  currency: string;
  lines: TaxLine[];
};
export type DutyList = {
  inputs?: InputsView | null;
  clearances: {
    clearance: string;
    shipment: string;
    jurisdiction: string;
    regime: number;
    status: number;
    at: number;
    market: string;
    judged: boolean;
    deviations: {
      deviation: "rate" | "base" | "sum" | "missing" | "unknown-tax" | "currency";
      tax: string;
      rule: string | null;
      expected: string | null;
      found: string | null;
    }[];
    explanation: string[];
  }[];
};
export type EffectView = {
  asked: number;
  answered: number;
  expected: number;
  found: number;
  quarantined: number;
  disposed: number;
  outstanding: number;
  unconfirmed: number;
  at_consumers: number;
  text: string;
};
export type Endorsement = {
  by: number;
  target: string;
};
export type Enrolled = {
  document: string;
  name: string;
  key: string;
};
export type EnrolmentDocument = {
  document: string;
  name: string;
  key: string;
  asked_at: number;
  partner: number | null;
  text: string;
  signature: string;
};
export type EnrolmentPage = {
  next: number | string | null;
  enrolments: EnrolmentView[];
};
export type EnrolmentView = {
  document: string;
  name: string;
  key: string;
  asked_at: number;
  partner: number | null;
};
export type ErasedView = {
  path: string;
  erased_at: number;
  by: number;
  reason: string;
};
export type ErasureReason = "data-subject" | "retention" | "mistake" | "order";
export type Erasures = {
  record: string;
  erased: ErasedView[];
};
export type Event = {
  index: number;
  id: string;
  type: string;
  number: number;
  shipments: string[];
  partners: number[];
  loggedAt: number;
  leafHash: string;
  logId: string;
  logSize: number;
  outcome?: OutcomeOf | null;
};
export type Events = {
  events: Event[];
  next: number | null;
  more: boolean;
  size: number;
  anchored: Anchored | null;
  logId: string;
};
export type FindingView = {
  code: Gap;
  text: string;
  shipment: string;
  others: string[];
  at: number;
  records: string[];
};
export type FindingsAnswer = {
  total: number;
  findings: FindingView[];
  inputs: InputsView | null;
};
export type ForecastView = {
  inputs?: InputsView | null;
  at: number;
  closed: number;
  more: number;
  forecasts: {
    gtin: string;
    market: string;
    unit: string;
    first: string;
    history: (number | string)[];
    used: ("naive" | "seasonal_naive" | "holt" | "holt_winters") | null;
    beats_naive: boolean;
    errors: {
      method: "naive" | "seasonal_naive" | "holt" | "holt_winters";
      absolute_error: number | string;
      tests: number | string;
    }[];
    expected: {
      month: string;
      quantity: number | string;
    }[];
    records: string[] | null;
  }[];
  explanation: string[];
};
export type Gap = "never_received" | "left_behind" | "custody_broken" | "overridden" | "more_out" | "less_out" | "loss_unclear" | "serials_twice" | "no_goods";
export type Goods = {
  salt: string;
  gtin: string;
  lot: string;
  serials: string;
  quantity: string;
  unit: string;
  hs: string;
  description: string;
};
export type HTTPValidationError = {
  detail?: ValidationError[];
};
export type Handoff = {
  items: HandoffItem[];
  releaser: number;
  receiver: number;
  place: Place | string;
  load: Load | string;
  occurredAt: number;
  dueAt: number;
  submitBy: number;
  details: Details | string;
};
export type HandoffItem = {
  shipment: string;
  sequence: number;
  packages: number;
  exceptions: number;
};
export type Health = {
  status: string;
};
export type HeldView = {
  jurisdiction: string;
  regime: string;
  cause: string;
  since: number;
  until: number | null;
};
export type HolderView = {
  partner: PartnerName;
  holds: number;
  expected: number;
  passed_on: number;
  sold: number;
  lost: number;
  destroyed: number;
  outstanding: number;
  answer: AnswerView | null;
  text: string;
};
export type HoldingPage = {
  inputs?: InputsView | null;
  next: number | string | null;
  at: number;
  log_size: number;
  holdings: {
    shipment: string;
    holder: number;
    place: {
      country: string;
      locode: string;
      gln: string;
      name: string;
    } | null;
    packages: number | string;
    state: "on_hand" | "in_transit" | "missing";
    goods: {
      gtin: string;
      lot: string;
      unit: string;
      quantity: string;
      exact: boolean;
    }[];
    closed: boolean;
    since: number;
    made_at: number;
    consignor: number;
    consignee: number;
    destination: {
      country: string;
      locode: string;
      gln: string;
      name: string;
    } | null;
    due_at: number | null;
    records: string[];
  }[];
};
export type InclusionProof = {
  index: number;
  size: number;
  leafHash: string;
  root: string;
  proof: string[];
  checkpoint: string | null;
};
export type Indicator = "on-time" | "in-full-undamaged" | "legs-on-time" | "mean-late-seconds" | "records-in-a-day" | "penalty-over-freight" | "on-time-in-full" | "defects" | "no-hold-by-papers" | "attested-at-release" | "released-clean" | "time-over-median";
export type InputsView = {
  lading: "answer/1";
  kind: Kind_Output;
  asked: Record<string, unknown>;
  reader: AskedBy | null;
  at: number;
  log: CountedView;
  evidence: NewestEvidence | null;
  rules: string[];
};
export type ItemView = {
  item: number;
  outcome: string;
  block_number: number;
  block_time: number;
  transaction: string;
};
export type Journey = {
  shipment: string;
  status: string;
  consignor: string;
  consignee: string;
  stops: JourneyStop[];
  steps: JourneyStep[];
};
export type JourneyStep = {
  at: number;
  text: string;
  outcome: string;
  breach: boolean;
  counts: boolean;
};
export type JourneyStop = {
  at: number;
  name: string;
};
export type Judged = "p50" | "p90";
export type JudgementView = {
  partner: number;
  indicator: string;
  threshold: number;
  samples: number;
  judgements: RoleJudgement[];
};
export type Kept = {
  kept: number;
};
export type KeyGrant = {
  partner: number;
  key: string;
  actor: number;
  scopes: number;
  validFrom: number;
  validUntil: number;
  details: Details | string;
};
export type KeyRevoke = {
  partner: number;
  key: string;
  details: Details | string;
};
export type KeyStatus = "coming" | "in force" | "expired" | "revoked";
export type KeyView = {
  address: string;
  kind: string;
  status: KeyStatus;
  types: string[];
  may_sign: string;
  actor: number;
  valid_from: number;
  valid_until: number | null;
  granted_by: string | null;
  device: string;
};
export type Kind_Input = "allocate" | "trigger" | "cover" | "balance";
export type Kind_Output = "access" | "league" | "network" | "stock" | "provenance/gaps" | "provenance" | "shipments/market" | "markets/deviations" | "markets/changes" | "plans/route" | "plans/consolidation" | "plans/forecast" | "plans/warehouses";
export type LaneCount = {
  origin: string;
  destination: string;
  mode: string | null;
  shipments: number;
};
export type LaneView = {
  origin: string;
  destination: string;
  mode: string | null;
};
export type LeafView = {
  index: number;
  record: string;
  type: string;
  logged_at: number;
  leaf: string;
  leafHash: string;
};
export type LeagueBy = "time" | "cost" | "penalty" | "faults";
export type LeagueView = {
  inputs?: InputsView | null;
  role: string;
  by: string;
  period: {
    start: number;
    end: number;
    at: number;
  };
  lane: LaneView | null;
  league: {
    period: {
      start: number;
      end: number;
      at: number;
    };
    role: "supplier" | "carrier" | "main_carrier" | "warehouse" | "customs" | "broker" | "platform" | "retailer" | "issuer" | "brand" | "authority" | "auditor" | "operator" | "locker";
    currency: string;
    entries: {
      partner: number;
      shipments: number | string;
      delivered: number | string;
      events: number | string;
      time: {
        value: number | string;
        low: number | string;
        high: number | string;
        samples: number | string;
        provisional: boolean;
        rank: (number | string) | null;
        tied: number | string;
      } | null;
      cost: {
        value: number | string;
        low: number | string;
        high: number | string;
        samples: number | string;
        provisional: boolean;
        rank: (number | string) | null;
        tied: number | string;
      } | null;
      penalty: {
        value: number | string;
        low: number | string;
        high: number | string;
        samples: number | string;
        provisional: boolean;
        rank: (number | string) | null;
        tied: number | string;
      } | null;
      faults: {
        value: number | string;
        low: number | string;
        high: number | string;
        samples: number | string;
        provisional: boolean;
        rank: (number | string) | null;
        tied: number | string;
      } | null;
      records: number | string;
      evidence: string[] | null;
    }[];
    hidden: number | string;
  } | null;
  explanation: string[];
  lanes: LaneCount[];
};
export type ListedShipment = {
  id: string;
  terms: string;
  consignor: PartnerName;
  consignee: PartnerName;
  custodian: PartnerName;
  packages: number;
  sequence: number;
  status: string;
  purpose: string;
  mode: string;
  opened_at: number;
  ended_at: number | null;
  held: boolean;
  disputed: boolean;
  promise: PromiseView | null;
};
export type Load = {
  salt: string;
  identifier: string;
};
export type LogState = {
  origin: string;
  logId: string;
  publicKey: string;
  verifierKey: string;
  size: number;
  published: TreeView | null;
  anchored: AnchoredView | null;
  records: Record<string, number>;
  witnesses: WitnessesView | null;
};
export type LogTrack = {
  status: string;
  index?: number | null;
  logged_at?: number | null;
  known_at?: number | null;
  known_by?: string;
  leaf_hash?: string | null;
  receipt?: ReceiptView | null;
  missing?: string[];
};
export type MarketList = {
  markets: MarketView[];
};
export type MarketView = {
  market: string;
  jurisdiction: string;
  title: string;
  version: number;
  currency: string;
  since: number;
  state: string;
  rules: number;
  sources: SourceView[];
};
export type Match = {
  kind: MatchKind;
  id: string;
  where: string;
  name: string;
  at: number | null;
  order?: string;
  goods?: string[];
};
export type MatchKind = "product" | "partner" | "shipment" | "order" | "lot" | "load" | "declaration" | "record" | "leaf" | "block";
export type MeasureView = {
  card: string;
  title: string;
  adopted: boolean;
  since: number | null;
  words: string;
};
export type MissingView = {
  shipment: string;
  delivery: string;
  packages: number;
  against: PartnerName;
  since: number;
  status: string;
  text: string;
};
export type NeedsView = {
  at: number;
  needs: {
    jurisdiction: string;
    lane: "export" | "import" | "transit";
    kind: "clearance" | "paper" | "tax" | "goods";
    rule: string;
    market: string;
    certain: boolean;
    goods: string[];
    standing: ("prohibited" | "restricted" | "licence" | "free") | null;
    regime: (number | string) | null;
    gates: (number | string) | null;
    relay: boolean | null;
    schema: string | null;
    about: ("product" | "lot" | "shipment" | "consignor" | "consignee") | null;
    tax: string | null;
    rates: ((number | string)[]) | null;
    fixed: (number | string) | null;
  }[];
  lacks: {
    lacking: "clearance" | "gate" | "customs-signature";
    jurisdiction: string;
    regime: number | string;
    gates: number | string;
    rules: string[];
  }[];
  requires: Record<string, unknown>[];
  refused: string | null;
  explanation: string[];
};
export type NetworkGroup = {
  group: string;
  figures: {
    shipments: number | string;
    delivered: number | string;
    packages: number | string;
    timed: number | string;
    mean_seconds: (number | string) | null;
    median_seconds: (number | string) | null;
    p90_seconds: (number | string) | null;
    windowed: number | string;
    abnormal: number | string;
    legs_due: number | string;
    legs_in_time: number | string;
    legs_undated: number | string;
    procedures: number | string;
    first_time: number | string;
    held_seconds: number | string;
    abnormal_ppm: (number | string) | null;
    legs_ppm: (number | string) | null;
    first_time_ppm: (number | string) | null;
    processed: number | string;
    processing_mean_seconds: (number | string) | null;
    processing_median_seconds: (number | string) | null;
    processing_p90_seconds: (number | string) | null;
    reached: number | string;
    reached_packages: number | string;
    returned: number | string;
    returned_packages: number | string;
    return_ppm: (number | string) | null;
    reasons: Record<string, number | string>;
    reasons_agreed: Record<string, number | string>;
    sections: {
      section: "first" | "middle" | "last" | "whole";
      due: number | string;
      in_time: number | string;
      in_time_ppm: (number | string) | null;
    }[];
    lanes_judged: number | string;
    lanes_by_mode: number | string;
    lanes_by_carrier: number | string;
    lanes_flexible: number | string;
    flexible_ppm: (number | string) | null;
    duty: Record<string, number | string>;
    duties_hidden: number | string;
    links: {
      link: "freight" | "onward_freight" | "return_freight" | "duty" | "penalties";
      mode: ("not_specified" | "maritime" | "rail" | "road" | "air" | "mail" | "multimodal" | "fixed_installation" | "inland_water" | "not_applicable") | null;
      currency: string;
      amount: number | string;
    }[];
    bases: {
      currency: string;
      shipments: number | string;
      packages: number | string;
      orders: number | string;
      order_packages: number | string;
      priced_orders: number | string;
      priced_packages: number | string;
    }[];
    customs_seconds: Record<string, number | string>;
    freight: Record<string, number | string>;
    penalties: Record<string, number | string>;
    indicative: Record<string, number | string>;
    cost_per_shipment: Record<string, (number | string) | null>;
    cost_per_package: Record<string, (number | string) | null>;
    nodes: {
      partner: number;
      handled: number | string;
      failed: number | string;
      failure_ppm: (number | string) | null;
    }[];
    records: number | string;
    evidence: string[] | null;
  } | {
    shipments: number | string;
    mean_seconds: (number | string) | null;
    median_seconds: (number | string) | null;
    p90_seconds: (number | string) | null;
    abnormal_ppm: (number | string) | null;
    legs_ppm: (number | string) | null;
    first_time_ppm: (number | string) | null;
    customs_seconds: Record<string, number | string>;
    held_seconds: (number | string) | null;
    nodes: {
      partner: number;
      failure_ppm: number | string;
    }[];
  } | null;
  turnover?: {
    partner: number;
    packages_out: number | string;
    package_seconds: number | string;
    seconds: number | string;
    average_packages: (number | string) | null;
    turnover_ppm: (number | string) | null;
    closed: number | string;
    goods: {
      gtin: string;
      unit: string;
      out: string;
      held_seconds: string;
      turnover_ppm: (number | string) | null;
      exact: boolean;
    }[];
  }[];
  explanation: string[];
  before?: {
    shipments: number | string;
    delivered: number | string;
    packages: number | string;
    timed: number | string;
    mean_seconds: (number | string) | null;
    median_seconds: (number | string) | null;
    p90_seconds: (number | string) | null;
    windowed: number | string;
    abnormal: number | string;
    legs_due: number | string;
    legs_in_time: number | string;
    legs_undated: number | string;
    procedures: number | string;
    first_time: number | string;
    held_seconds: number | string;
    abnormal_ppm: (number | string) | null;
    legs_ppm: (number | string) | null;
    first_time_ppm: (number | string) | null;
    processed: number | string;
    processing_mean_seconds: (number | string) | null;
    processing_median_seconds: (number | string) | null;
    processing_p90_seconds: (number | string) | null;
    reached: number | string;
    reached_packages: number | string;
    returned: number | string;
    returned_packages: number | string;
    return_ppm: (number | string) | null;
    reasons: Record<string, number | string>;
    reasons_agreed: Record<string, number | string>;
    sections: {
      section: "first" | "middle" | "last" | "whole";
      due: number | string;
      in_time: number | string;
      in_time_ppm: (number | string) | null;
    }[];
    lanes_judged: number | string;
    lanes_by_mode: number | string;
    lanes_by_carrier: number | string;
    lanes_flexible: number | string;
    flexible_ppm: (number | string) | null;
    duty: Record<string, number | string>;
    duties_hidden: number | string;
    links: {
      link: "freight" | "onward_freight" | "return_freight" | "duty" | "penalties";
      mode: ("not_specified" | "maritime" | "rail" | "road" | "air" | "mail" | "multimodal" | "fixed_installation" | "inland_water" | "not_applicable") | null;
      currency: string;
      amount: number | string;
    }[];
    bases: {
      currency: string;
      shipments: number | string;
      packages: number | string;
      orders: number | string;
      order_packages: number | string;
      priced_orders: number | string;
      priced_packages: number | string;
    }[];
    customs_seconds: Record<string, number | string>;
    freight: Record<string, number | string>;
    penalties: Record<string, number | string>;
    indicative: Record<string, number | string>;
    cost_per_shipment: Record<string, (number | string) | null>;
    cost_per_package: Record<string, (number | string) | null>;
    nodes: {
      partner: number;
      handled: number | string;
      failed: number | string;
      failure_ppm: (number | string) | null;
    }[];
    records: number | string;
    evidence: string[] | null;
  } | null;
  before_turnover?: {
    partner: number;
    packages_out: number | string;
    package_seconds: number | string;
    seconds: number | string;
    average_packages: (number | string) | null;
    turnover_ppm: (number | string) | null;
    closed: number | string;
    goods: {
      gtin: string;
      unit: string;
      out: string;
      held_seconds: string;
      turnover_ppm: (number | string) | null;
      exact: boolean;
    }[];
  }[] | null;
  changes?: {
    figure: string;
    before: (number | string) | null;
    after: (number | string) | null;
    difference: (number | string) | null;
  }[] | null;
};
export type NetworkView = {
  inputs?: InputsView | null;
  by: string | null;
  of: string;
  period: {
    start: number;
    end: number;
    at: number;
  } | null;
  published: PublishedView | null;
  before_period: {
    start: number;
    end: number;
    at: number;
  } | null;
  benchmark?: BenchmarkView | null;
  groups: NetworkGroup[];
};
export type NewestEvidence = {
  size: number;
  time: number;
  basis: "operator" | "witnesses" | "chain";
};
export type NodeView = {
  shipment: string;
  direction: string;
  made: string;
  record: string;
  parents: string[];
  certainty: string;
  status: string;
  packages: number;
  consignor: PartnerName;
  goods: ledger__services__products__provenance_views__GoodsView[] | null;
  closed: boolean;
  share: ShareView;
  stops: ledger__services__products__provenance_views__StopView[];
};
export type Observation = {
  by: number;
  eventHash: string;
  occurredAt: number;
};
export type OfferedDocument = {
  form: string;
  mediaType: string;
  path: string;
};
export type OpenView = {
  partner: number;
  open: MissingView[];
};
export type OpeningPage = {
  openings: AccessView[];
};
export type Order = "asc" | "desc";
export type OutcomeOf = {
  record: string;
  type: string;
  items: string[];
};
export type Override = {
  shipment: string;
  sequence: number;
  releaser: number;
  receiver: number;
  packages: number;
  exceptions: number;
  details: Details | string;
};
export type PartnerKeys = {
  partner: number;
  keys: KeyView[];
};
export type PartnerName = {
  id: number;
  name: string;
};
export type PartnerPage = {
  next: number | string | null;
  partners: PartnerView[];
};
export type PartnerView = {
  id: number;
  name: string;
  gln: string;
  suspended: boolean;
  admitted_at: number | null;
  roles?: RoleView[];
  keys?: string[];
};
export type PartyShare = {
  partner: number;
  name: string;
  basisPoints: number;
};
export type PenaltyPage = {
  next: number | string | null;
  totals: {
    currency: string;
    statements: number | string;
    late: number | string;
    owes: number | string;
    is_owed: number | string;
    frozen: number | string;
    open: number | string;
    indicative: number | string;
  }[];
  in_one?: {
    currency: string;
    issuer: number;
    statements: number | string;
    owes: number | string;
    is_owed: number | string;
    frozen: number | string;
    left_out: {
      currency: string;
      statements: number | string;
      owes: number | string;
      is_owed: number | string;
      frozen: number | string;
    }[];
    rates: string[];
  } | null;
  penalties: {
    shipment: string;
    liable: number;
    beneficiary: number;
    currency: string;
    amount: number | string;
    amount_high: number | string;
    frozen: number | string;
    uncapped: number | string;
    cap: number | string;
    alpha: number | string;
    opened_at: number;
    promised: number;
    grace: number;
    promised_at: number;
    lost_after: number;
    delivered_at: number | null;
    stopped_at: number | null;
    customs_seconds: number;
    relief_seconds: number;
    late_seconds: number;
    settled: boolean;
    indicative: boolean;
    stays_with_liable: number | string;
    share: string;
    terms: string;
    part_of: string | null;
    family: string;
    children: string[];
    portions: {
      shipment: string;
      packages: number | string;
      share: string;
      stopped_by: ("delivery" | "locker_receipt" | "refusal" | "tender" | "onward_terms") | null;
      stopped_at: number | null;
      claimed_at: number | null;
      ended: ("lost" | "left" | "sold" | "destroyed" | "abandoned" | "seized" | "destroyed_by_customs" | "transformed") | null;
      counted_until: number;
      customs_seconds: number;
      relief_seconds: number;
      late_seconds: number;
      late_seconds_high: number;
      promised_at: number;
      alpha: number | string;
      cap: number | string;
      amount: number | string;
      amount_high: number | string;
      settled: boolean;
      holds: {
        record: string;
        jurisdiction: string;
        regime: number;
        cause: number;
        caused_by: number | string;
        assurance: number;
        confirmed: boolean;
        known_late: boolean;
        held_at: number;
        presented_at: number | null;
        from: number;
        until: number | null;
        seconds: number;
        taken_out: boolean;
        reason: "not_caused_by_liable" | "on_a_brokers_word" | "caused_by_liable" | "outside_the_clock";
      }[];
      tenders: {
        record: string;
        claimed_at: number;
        counted_at: number;
        state: "open" | "stands" | "disputed" | "upheld" | "fallen" | "early" | "elsewhere" | "moved_on";
        place_closed: boolean;
        contestable_until: number;
        contested_by: string | null;
        disputed_until: number | null;
        endorsed_by: string[];
      }[];
    }[];
    legs: {
      partner: number;
      shipment: string;
      handoff: string;
      in_at: number;
      due_at: number;
      out_at: number;
      customs_seconds: number;
      overrun_seconds: number;
      amount: number | string;
    }[];
    remarks: {
      amendment: string;
      reason: "not_signed_by_both" | "unreadable";
    }[];
    evidence: string[];
    times: {
      size: number | string;
      time: number;
      basis: "operator" | "witnesses" | "chain";
    }[];
    judged_at: number | null;
    explanation: string[];
  }[];
};
export type Place = {
  salt: string;
  country: string;
  locode: string;
  gln: string;
  name: string;
};
export type PointView = {
  size: number;
  root: string;
};
export type PrivateView = {
  terms: boolean;
  order?: string;
  goods?: ledger__services__views__course__private_parts__GoodsView[];
  origin?: ledger__services__views__course__private_parts__PlaceView | null;
  destination?: ledger__services__views__course__private_parts__PlaceView | null;
  withheld?: boolean;
  stops?: ledger__services__views__course__private_parts__StopView[];
  loads?: string[];
};
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  what?: string;
  where?: string;
  expected?: string;
  found?: string;
  mend?: string;
};
export type ProductData = {
  record: string;
  document: string;
  brand: string;
  names: Record<string, string>;
  descriptions: Record<string, string>;
  picture: string | null;
};
export type ProductView = {
  id: string;
  verdict: string;
  why: ReasonView[];
  asks: string[];
  toDo: string;
  journey: Journey[];
  product: ProductData | null;
};
export type PromiseView = {
  order: string | null;
  origin: string | null;
  destination: string | null;
  due_at: number | null;
  late: boolean | null;
};
export type Proposals = {
  records: RecordView[];
};
export type ProvenanceAnswer = {
  subject: string;
  limited: boolean;
  shipments: NodeView[];
  balances: BalanceView[];
  inputs: InputsView | null;
};
export type PublishedCredential = {
  id: string;
  record: string;
  kind: string;
  issuer: number;
  kept_at: number;
  revoked_from: number | null;
};
export type PublishedCredentials = {
  credentials: PublishedCredential[];
};
export type PublishedView = {
  name: string;
  period: {
    start: number;
    end: number;
    at: number;
  };
  taken: TakenView;
};
export type RawRecord = {
  id: string;
  typedData: Record<string, unknown> | null;
  signatures: string[];
  leaf: LeafView;
  before: LeafView | null;
  after: LeafView | null;
};
export type Readiness = {
  status: string;
  checks: Record<string, string>;
};
export type ReasonView = {
  code: string;
  text: string;
  records: string[];
  at: number | null;
};
export type Recall = {
  by: number;
  subject: string;
  lots: string;
  hazard: number;
  action: number;
  contact: string;
  supersedes: string;
  occurredAt: number;
  details: Details | string;
};
export type RecallAnswer = {
  by: number;
  recall: string;
  found: number;
  quarantined: number;
  disposed: number;
  occurredAt: number;
  details: Details | string;
};
export type RecallPage = {
  next: number | string | null;
  recalls: RecallSummary[];
};
export type RecallSummary = {
  id: string;
  by: PartnerName;
  subject: string;
  lots: string;
  hazard: string;
  action: string;
  contact: string;
  at: number;
  superseded_by: string | null;
  cursor: number;
  affected?: string[];
  to_do?: string;
  speaks?: boolean;
  revoked_by?: string | null;
  revoked_for?: string;
};
export type RecallView = {
  recall: RecallSummary;
  trace?: TraceView;
  effect?: EffectView | null;
};
export type ReceiptView = {
  logId: string;
  index: number;
  leafHash: string;
  logTime: number;
  signature: string;
};
export type RecordPage = {
  next: number | string | null;
  records: RecordView[];
};
export type RecordType = {
  name: string;
  number: number;
  encodeType: string;
  schema: Record<string, unknown>;
};
export type RecordTypes = {
  types: RecordType[];
};
export type RecordView = {
  id: string;
  type: string;
  number: number;
  message: Record<string, unknown>;
  signatures: string[];
  signers: PartnerName[];
  log: LogTrack;
  chain: ChainTrack;
  erased?: ErasedView[];
};
export type Registered = {
  webhook: WebhookView;
  secret: string;
};
export type RegistryChange = {
  sequence: number;
  notBefore: number;
  action: number;
  partner: number;
  key: string;
  role: number;
  scope: string;
  number: number;
  document: string;
};
export type RelativeView = {
  relation: string;
  shipment: string;
  packages: number;
  status: string;
  holder: PartnerName;
};
export type Removed = {
  status: string;
};
export type Require = {
  jurisdiction: string;
  regime: number;
  gate: number;
  relay: boolean;
};
export type RequiredView = {
  jurisdiction: string;
  regime: number;
  gates: number;
  released: boolean;
};
export type Resent = {
  resent: number;
};
export type Revocation = {
  by: number;
  target: string;
  reason: number;
  effectiveFrom: number;
  details: Details | string;
};
export type Rival = {
  record: string;
  type: string;
  index: number;
  logged_at: number;
  places: TakenPlace[];
};
export type Rivals = {
  rivals: Rival[];
};
export type RoleJudgement = {
  partner: number;
  role: string;
  value: number | null;
  may_reward: boolean;
  may_sanction: boolean;
};
export type RoleTrend = {
  role: string;
  points: {
    name: string;
    period: {
      start: number;
      end: number;
      at: number;
    };
    card: string;
    score: number | null;
    low: number | null;
    high: number | null;
    samples: number | string;
  }[];
};
export type RoleView = {
  role: string;
  scope: string;
  in_force: boolean;
};
export type RouteView = {
  inputs?: InputsView | null;
  at: number;
  shipment: string | null;
  plan: {
    origin: string;
    destination: string;
    packages: number | string;
    currency: string;
    value: string;
    depart: number;
    judged: "p50" | "p90";
    ways: {
      legs: {
        partner: number;
        issuer: number;
        card: string;
        mode: "not_specified" | "maritime" | "rail" | "road" | "air" | "mail" | "multimodal" | "fixed_installation" | "inland_water" | "not_applicable";
        origin: string;
        destination: string;
        kilometres: (number | string) | null;
        currency: string;
        charge: string;
        holding_p50: string;
        holding_p90: string;
        p50: number | string;
        p90: number | string;
        customs: number | string;
        basis: "carrier" | "lane" | "stated";
        samples: number | string;
        thin: boolean;
        records: string[] | null;
        exchange: {
          currency: string;
          charge: string;
          rate: string;
          day: number;
        } | null;
      }[];
      charge: string;
      p50: {
        arrives: number;
        late: number;
        holding: string;
        penalty: string;
        cost: string;
      };
      p90: {
        arrives: number;
        late: number;
        holding: string;
        penalty: string;
        cost: string;
      };
      thin: boolean;
      failures: {
        fails: "place" | "mode" | "partner";
        name: string;
        cost: string | null;
        more: string | null;
        arrives: number | null;
        places: string[];
        modes: ("not_specified" | "maritime" | "rail" | "road" | "air" | "mail" | "multimodal" | "fixed_installation" | "inland_water" | "not_applicable")[];
        partners: (number | string)[];
      }[];
    }[];
    cost: string | null;
    bound: string | null;
    gap: string | null;
    left_out: Record<string, number | string>;
    no_calendar: string[];
    legs_offered: number | string;
  };
  explanation: string[];
};
export type Ruling = {
  by: number;
  agreement: string;
  version: number;
  upheld: boolean;
  reason: string;
};
export type SamplePage = {
  next: number | string | null;
  partner: number;
  role: string;
  indicator: string;
  side: string;
  count: number;
  samples: {
    by: number | string;
    good: number | string;
    due: number | string;
    shipment: string;
    records: string[];
  }[];
};
export type ScoreView = {
  partner: number;
  measure: MeasureView;
  published: PublishedView | null;
  scores: {
    partner: number;
    role: "supplier" | "carrier" | "main_carrier" | "warehouse" | "customs" | "broker" | "platform" | "retailer" | "issuer" | "brand" | "authority" | "auditor" | "operator" | "locker";
    period: {
      start: number;
      end: number;
      at: number;
    };
    card: string;
    status: "known" | "provisional" | "too_few_samples" | "too_little_known" | "hidden";
    score: number | null;
    low: number | null;
    high: number | null;
    samples: number | string;
    shipments: number | string;
    provisional: boolean;
    known_weight: string;
    withheld: number | string;
    flags: {
      kind: "one_customer" | "late_records" | "padded_promises" | "broker_word" | "late_holds" | "contested_tenders" | "contests" | "same_third" | "interested_issuer";
      count: number | string;
      of: number | string;
      records: string[];
    }[];
    indicators: {
      name: ("on-time" | "in-full-undamaged" | "legs-on-time" | "mean-late-seconds" | "records-in-a-day" | "penalty-over-freight" | "on-time-in-full" | "defects" | "no-hold-by-papers" | "attested-at-release" | "released-clean" | "time-over-median") | string;
      status: "known" | "unknown" | "missing" | "too_few";
      weight: string;
      good: number | string;
      due: number | string;
      samples: number | string;
      disputed: number | string;
      value: (number | string) | null;
      low: (number | string) | null;
      high: (number | string) | null;
      points: number | null;
      lost: number;
      raised_by: number | string;
      lowered_by: number | string;
      raised: {
        by: number | string;
        good: number | string;
        due: number | string;
        shipment: string;
        records: string[];
      }[];
      lowered: {
        by: number | string;
        good: number | string;
        due: number | string;
        shipment: string;
        records: string[];
      }[];
    }[];
    why: string;
    explanation: string[];
    flag_texts: string[];
  }[] | {
    partner: number;
    role: "supplier" | "carrier" | "main_carrier" | "warehouse" | "customs" | "broker" | "platform" | "retailer" | "issuer" | "brand" | "authority" | "auditor" | "operator" | "locker";
    period: {
      start: number;
      end: number;
      at: number;
    };
    card: string;
    status: "known" | "provisional" | "too_few_samples" | "too_little_known" | "hidden";
    score: number | null;
    low: number | null;
    high: number | null;
    samples: number | string;
    provisional: boolean;
    known_weight: string;
    flags: ("one_customer" | "late_records" | "padded_promises" | "broker_word" | "late_holds" | "contested_tenders" | "contests" | "same_third" | "interested_issuer")[];
    indicators: {
      name: "on-time" | "in-full-undamaged" | "legs-on-time" | "mean-late-seconds" | "records-in-a-day" | "penalty-over-freight" | "on-time-in-full" | "defects" | "no-hold-by-papers" | "attested-at-release" | "released-clean" | "time-over-median";
      status: "known" | "unknown" | "missing" | "too_few";
      weight: string;
      value: (number | string) | null;
      low: (number | string) | null;
      high: (number | string) | null;
      points: number | null;
    }[];
    why: string;
    explanation: string[];
  }[];
};
export type ScoredRole = "carrier" | "supplier" | "broker";
export type Search = {
  asked: string;
  matches: Match[];
  more: boolean;
  private: boolean;
};
export type SessionView = {
  partner: number;
  auditor: boolean;
};
export type Share = {
  partner: number;
  basisPoints: number;
};
export type ShareView = {
  exact: string | null;
  millionths: number | null;
  basis: string;
};
export type ShipmentPage = {
  next: number | string | null;
  shipments: ListedShipment[];
};
export type ShipmentRef = {
  shipment: string;
  sequence: number;
};
export type ShipmentSummary = {
  id: string;
  terms: string;
  consignor: PartnerName;
  consignee: PartnerName;
  custodian: PartnerName;
  packages: number;
  sequence: number;
  status: string;
  purpose: string;
  mode: string;
  opened_at: number;
  ended_at: number | null;
};
export type ShipmentTerms = {
  salt: string;
  consignor: number;
  consignee: number;
  holder: number;
  recipientKey: string;
  purpose: number;
  parents: ShipmentRef[];
  packages: number;
  mode: number;
  fulfilment: number;
  origin: Place | string;
  destination: Place | string;
  contents: ((Goods | string)[]) | string;
  commercial: Commercial | string;
  requires: Require[];
  submitBy: number;
  details: Details | string;
};
export type ShipmentView = {
  summary: ShipmentSummary;
  parent: string | null;
  parents: string[];
  children: string[];
  flags: string[];
  clearances: ClearanceView[];
  steps: StepView[];
  records: string[];
  onward?: string[];
  family?: RelativeView[];
  coming?: ComingView[];
  missing?: MissingView | null;
  stays?: StayView[];
  holds?: HeldView[];
  due_at?: number | null;
  private?: PrivateView | null;
};
export type Side = "raised" | "lowered";
export type SignedAmendment = {
  type: "Amendment";
  message: Amendment;
  signatures: string[];
};
export type SignedAttestation = {
  type: "Attestation";
  message: Attestation;
  signatures: string[];
};
export type SignedBonusAgreement = {
  type: "BonusAgreement";
  message: BonusAgreement;
  signatures: string[];
};
export type SignedBonusAward = {
  type: "BonusAward";
  message: BonusAward;
  signatures: string[];
};
export type SignedClaim = {
  type: "Claim";
  message: Claim;
  signatures: string[];
};
export type SignedClearance = {
  type: "Clearance";
  message: Clearance;
  signatures: string[];
};
export type SignedDispute = {
  type: "Dispute";
  message: Dispute;
  signatures: string[];
};
export type SignedEndorsement = {
  type: "Endorsement";
  message: Endorsement;
  signatures: string[];
};
export type SignedHandoff = {
  type: "Handoff";
  message: Handoff;
  signatures: string[];
};
export type SignedIn = {
  address: string;
  token: string;
};
export type SignedKeyGrant = {
  type: "KeyGrant";
  message: KeyGrant;
  signatures: string[];
};
export type SignedKeyRevoke = {
  type: "KeyRevoke";
  message: KeyRevoke;
  signatures: string[];
};
export type SignedObservation = {
  type: "Observation";
  message: Observation;
  signatures: string[];
};
export type SignedOut = {
  status: string;
};
export type SignedOverride = {
  type: "Override";
  message: Override;
  signatures: string[];
};
export type SignedPartnerBook = {
  logId: string;
  size: number;
  council: string[];
  entries: BookPartner[];
  signature: string;
};
export type SignedRecall = {
  type: "Recall";
  message: Recall;
  signatures: string[];
};
export type SignedRecallAnswer = {
  type: "RecallAnswer";
  message: RecallAnswer;
  signatures: string[];
};
export type SignedRegistryChange = {
  type: "RegistryChange";
  message: RegistryChange;
  signatures: string[];
};
export type SignedRevocation = {
  type: "Revocation";
  message: Revocation;
  signatures: string[];
};
export type SignedRuling = {
  type: "Ruling";
  message: Ruling;
  signatures: string[];
};
export type SignedShipmentTerms = {
  type: "ShipmentTerms";
  message: ShipmentTerms;
  signatures: string[];
};
export type SignedSplit = {
  type: "Split";
  message: Split;
  signatures: string[];
};
export type SignedStatement = {
  type: "Statement";
  message: Statement;
  signatures: string[];
};
export type SignerView = {
  partner: number;
  name: string;
  role: string;
};
export type Sort = "opened" | "due";
export type SourceView = {
  id: string;
  title: string;
  date: string;
  url: string;
};
export type Split = {
  by: number;
  shipment: string;
  sequence: number;
  children: Child[];
  reason: number;
  occurredAt: number;
  details: Details | string;
};
export type StandingPage = {
  inputs?: InputsView | null;
  next: number | string | null;
  standings: {
    partner: number;
    gate: {
      name: string;
      role: "supplier" | "carrier" | "main_carrier" | "warehouse" | "customs" | "broker" | "platform" | "retailer" | "issuer" | "brand" | "authority" | "auditor" | "operator" | "locker";
      scope: string;
      indicator: string;
      threshold: number | string;
      samples: number | string;
      action: "revoke-role" | "suspend";
      step: "quarter" | "month";
      settle: number;
      appeal: number;
      gates: string;
    };
    course: {
      stage: "in_good_standing" | "one_period_below" | "probation" | "change_due" | "access_withdrawn" | "return_due";
      since: number;
      until: number | null;
      gate: {
        name: string;
        role: "supplier" | "carrier" | "main_carrier" | "warehouse" | "customs" | "broker" | "platform" | "retailer" | "issuer" | "brand" | "authority" | "auditor" | "operator" | "locker";
        scope: string;
        indicator: string;
        threshold: number | string;
        samples: number | string;
        action: "revoke-role" | "suspend";
        step: "quarter" | "month";
        settle: number;
        appeal: number;
        gates: string;
      } | null;
      below: {
        period: {
          start: number;
          end: number;
          at: number;
        };
        taken: {
          size: number | string;
          time: number;
          basis: "operator" | "witnesses" | "chain";
        };
        card: string;
        samples: number | string;
        withheld: number | string;
        low: (number | string) | null;
        high: (number | string) | null;
        records: number | string;
        root: string;
      }[];
      again: {
        period: {
          start: number;
          end: number;
          at: number;
        };
        taken: {
          size: number | string;
          time: number;
          basis: "operator" | "witnesses" | "chain";
        };
        card: string;
        samples: number | string;
        withheld: number | string;
        low: (number | string) | null;
        high: (number | string) | null;
        records: number | string;
        root: string;
      }[];
      good: {
        period: {
          start: number;
          end: number;
          at: number;
        };
        taken: {
          size: number | string;
          time: number;
          basis: "operator" | "witnesses" | "chain";
        };
        card: string;
        samples: number | string;
        withheld: number | string;
        low: (number | string) | null;
        high: (number | string) | null;
        records: number | string;
        root: string;
      }[];
    };
    open: boolean;
    prepared: boolean;
    title: string;
    explanation: string[];
  }[];
};
export type Statement = {
  by: number;
  counterparty: number;
  kind: number;
  shipment: string;
  sequence: number;
  occurredAt: number;
  place: Place | string;
  details: Details | string;
};
export type StayView = {
  partner: PartnerName;
  since: number;
  until: number | null;
  packages: number;
};
export type Step = "quarter" | "month";
export type StepView = {
  kind: string;
  record: string;
  at: number;
  block_time: number | null;
  by: PartnerName[];
  packages: number;
  exceptions: string[];
  outcome: string;
  text: string;
  signers?: PartnerName[];
  logged_at?: number | null;
  known_at?: number | null;
  known_by?: string;
  note?: string;
  breach?: boolean;
  counts?: boolean;
};
export type StockPage = {
  inputs?: InputsView | null;
  next: number | string | null;
  at: number;
  partner: number | null;
  gtin: string;
  lot: string;
  log_size: number;
  withheld: number;
  ages: number[];
  totals: {
    partner: number;
    place: {
      country: string;
      locode: string;
      gln: string;
      name: string;
    } | null;
    gtin: string;
    lot: string;
    unit: string;
    on_hand: string;
    in_transit: string;
    missing: string;
    due: string;
    overdue: string;
    ages: string[];
    oldest: number | null;
    until: number | null;
    expired: boolean;
    exact: boolean;
  }[];
};
export type Submitted = {
  id: string;
  status: "accepted" | "proposed";
  receipt?: ReceiptView;
  missing?: string[];
  waitsFor?: AwaitedView[];
};
export type SumView = {
  gtin: string;
  lot: string;
  unit: string;
  went_in: string;
  came_out: string;
  lost: string;
  difference: string | null;
  verdict: string;
  unknown: string[];
};
export type TakenPlace = {
  shipment: string;
  sequence: number;
  jurisdiction: string;
  regime: number;
};
export type TakenView = {
  log_size: number;
  time: number;
  basis: string;
};
export type TaxLine = {
  tax: string;
  base: string;
  ratePpm: number;
  assessed: string;
  paid: string;
};
export type TraceView = {
  shipments?: TracedShipment[];
  holders?: HolderView[];
};
export type TracedShipment = {
  shipment: string;
  certainty: string;
  status: string;
  packages: number;
  consignor: PartnerName;
  stays: StayView[];
};
export type TreeClaim = {
  size: number;
  root: string;
};
export type TreeContradiction = {
  witness: string;
  what: string;
  theirs: TreeClaim;
  ours: TreeClaim;
  checkpoint: string;
};
export type TreeView = {
  size: number;
  root: string;
};
export type TrendView = {
  partner: number;
  by: string;
  roles: RoleTrend[];
};
export type TypedData = {
  id: string;
  typedData: Record<string, unknown>;
  warnings: AgreementWarning[];
  signers: SignerView[];
  signer: SignerView | null;
  market: string[];
  closed: string[];
  partners: Record<string, string>;
  shipments: CarriedView[];
};
export type UnopenedShipment = {
  id: string;
  opener: string | null;
  records: string[];
  status?: string;
};
export type UnsignedAmendment = {
  type: "Amendment";
  message: Amendment;
};
export type UnsignedAttestation = {
  type: "Attestation";
  message: Attestation;
};
export type UnsignedBonusAgreement = {
  type: "BonusAgreement";
  message: BonusAgreement;
};
export type UnsignedBonusAward = {
  type: "BonusAward";
  message: BonusAward;
};
export type UnsignedClaim = {
  type: "Claim";
  message: Claim;
};
export type UnsignedClearance = {
  type: "Clearance";
  message: Clearance;
};
export type UnsignedDispute = {
  type: "Dispute";
  message: Dispute;
};
export type UnsignedEndorsement = {
  type: "Endorsement";
  message: Endorsement;
};
export type UnsignedHandoff = {
  type: "Handoff";
  message: Handoff;
};
export type UnsignedKeyGrant = {
  type: "KeyGrant";
  message: KeyGrant;
};
export type UnsignedKeyRevoke = {
  type: "KeyRevoke";
  message: KeyRevoke;
};
export type UnsignedObservation = {
  type: "Observation";
  message: Observation;
};
export type UnsignedOverride = {
  type: "Override";
  message: Override;
};
export type UnsignedRecall = {
  type: "Recall";
  message: Recall;
};
export type UnsignedRecallAnswer = {
  type: "RecallAnswer";
  message: RecallAnswer;
};
export type UnsignedRegistryChange = {
  type: "RegistryChange";
  message: RegistryChange;
};
export type UnsignedRevocation = {
  type: "Revocation";
  message: Revocation;
};
export type UnsignedRuling = {
  type: "Ruling";
  message: Ruling;
};
export type UnsignedShipmentTerms = {
  type: "ShipmentTerms";
  message: ShipmentTerms;
};
export type UnsignedSplit = {
  type: "Split";
  message: Split;
};
export type UnsignedStatement = {
  type: "Statement";
  message: Statement;
};
export type ValidationError = {
  loc: (string | number)[];
  msg: string;
  type: string;
  input?: unknown;
  ctx?: Record<string, unknown>;
};
export type WarehousePlanAnswer = {
  inputs?: InputsView | null;
  kind: "allocate" | "trigger" | "cover" | "balance";
  at: number;
  file: string;
  stated: string[];
  left_out: number;
  unfit: number;
  plan: {
    currency: string;
    optimum: {
      answer: "optimal" | "limit" | "infeasible";
      objective: (number | string) | null;
      bound: (number | string) | null;
      gap_ppm: (number | string) | null;
      proof: "prices" | "search" | "none";
    };
    transfers: {
      origin: number;
      destination: number;
      gtin: string;
      packages: number | string;
      worth: number | string;
      charge: number | string;
      records: string[];
    }[];
    served: number | string;
    moving: number | string;
  } | {
    currency: string;
    at: number;
    moving: string;
    orders: {
      origin: number;
      destination: number;
      gtin: string;
      packages: number | string;
      worth: number | string;
      charge: number | string;
      records: string[];
    }[];
    watched: {
      warehouse: number;
      gtin: string;
      on_hand: number | string;
      due: number | string;
      overdue: number | string;
      sold: number | string;
      per_day: string;
      turnover: string | null;
      stock_out_at: number | null;
      target: number | string;
      threshold: (number | string) | null;
      triggered: boolean;
      ordered: number | string;
      short: number | string;
      records: string[];
    }[];
  } | {
    optimum: {
      answer: "optimal" | "limit" | "infeasible";
      objective: (number | string) | null;
      bound: (number | string) | null;
      gap_ppm: (number | string) | null;
      proof: "prices" | "search" | "none";
    };
    demand: number | string;
    covered_ppm: number | string;
    open: {
      site: number;
      areas: number | string;
      demand: number | string;
      capacity: (number | string) | null;
    }[];
    services: {
      area: string;
      site: number;
      demand: number | string;
      share_ppm: number;
      on_time: number | string;
      deliveries: number | string;
      records: string[];
    }[];
    unserved: string[];
  } | {
    currency: string;
    worth: number | string;
    optimum: {
      answer: "optimal" | "limit" | "infeasible";
      objective: (number | string) | null;
      bound: (number | string) | null;
      gap_ppm: (number | string) | null;
      proof: "prices" | "search" | "none";
    };
    before_ppm: number | string;
    after_ppm: number | string;
    cost: number | string;
    shifts: {
      origin: number;
      destination: number;
      gtin: string;
      packages: number | string;
      cost: number | string;
      reduction_ppm: number | string;
      records: string[];
    }[];
    levels: {
      warehouse: number;
      gtin: string;
      target: number | string;
      before: number | string;
      after: number | string;
      distance_before_ppm: number | string;
      distance_after_ppm: number | string;
      records: string[];
    }[];
  };
  prices: string[];
  explanation: string[];
  drafts?: {
    name: string;
    signers: number[];
    template: Record<string, unknown>;
  }[] | null;
};
export type Way = "down" | "up";
export type WebhookList = {
  webhooks: WebhookView[];
};
export type WebhookView = {
  id: string;
  url: string;
  types: string[];
  shipment: string;
  partner: number;
  state: string;
  problem: string;
  cursor: number;
  waiting: number;
  dead: number;
  delivered: number;
  deliveredAt: number | null;
  createdAt: number;
  query: string;
};
export type WitnessView = {
  name: string;
  verifierKey: string;
  cosignedAt: number | null;
  problem: string;
};
export type WitnessesView = {
  threshold: number;
  cosignedAt: number | null;
  missing: number;
  witnesses: WitnessView[];
};
export type WorkCountView = {
  kind: string;
  title: string;
  items: number;
  urgent: number;
};
export type WorkItemView = {
  id: string;
  kind: string;
  action: string;
  title: string;
  text: string;
  todo: string;
  since: number;
  until: number | null;
  urgent: boolean;
  overdue: boolean;
  partner: PartnerName | null;
  subject: string;
  shipment: string | null;
  page: string;
  draft: DraftView | null;
  facts: Record<string, number | string>;
};
export type WorklistView = {
  now: number;
  urgent: number;
  counts: WorkCountView[];
  items: WorkItemView[];
  next: string | null;
};
export type ledger__api__routers__networks__Form = "json" | "csv";
export type ledger__api__routers__penalties__Form = "json" | "csv" | "lines";
export type ledger__api__routers__shipments__Form = "json" | "csv";
export type ledger__api__routers__stock__stock__Form = "json" | "csv" | "epcis";
export type ledger__services__exports__shipment_documents__Form = "receipt-advice" | "transportation-status" | "iftsta" | "214";
export type ledger__services__products__provenance_views__GoodsView = {
  gtin: string;
  lot: string;
  unit: string;
  quantity: string;
  exact: boolean;
};
export type ledger__services__products__provenance_views__PlaceView = {
  country: string;
  locode: string;
  gln: string;
  name: string;
};
export type ledger__services__products__provenance_views__StopView = {
  partner: PartnerName;
  since: number;
  until: number | null;
  packages: number;
  place: ledger__services__products__provenance_views__PlaceView | null;
  record: string;
};
export type ledger__services__views__course__private_parts__GoodsView = {
  description: string;
  gtin: string;
  lot: string;
  quantity: number;
  unit: string;
  hs: string;
};
export type ledger__services__views__course__private_parts__PlaceView = {
  country: string;
  locode: string;
  gln: string;
  name: string;
};
export type ledger__services__views__course__private_parts__StopView = {
  kind: string;
  record: string;
  at: number;
  place: ledger__services__views__course__private_parts__PlaceView;
};

export interface Operations {
  getCheckpoint: {
    method: "GET";
    path: "/v1/log/checkpoint";
    answer: string;
  };
  getTile: {
    method: "GET";
    path: "/v1/log/tile/{path}";
    pathParameters: {
      path: string;
    };
    answer: string;
  };
  proveInclusion: {
    method: "GET";
    path: "/v1/log/proof/inclusion";
    queryParameters: {
      index: number;
      size?: number | null;
    };
    answer: InclusionProof;
  };
  proveConsistency: {
    method: "GET";
    path: "/v1/log/proof/consistency";
    queryParameters: {
      first: number;
      second: number;
    };
    answer: ConsistencyProof;
  };
  listAnchors: {
    method: "GET";
    path: "/v1/log/anchors";
    queryParameters: {
      before?: number | null;
      limit?: number;
    };
    answer: AnchorPage;
  };
  listContradictions: {
    method: "GET";
    path: "/v1/log/contradictions";
    answer: Contradictions;
  };
  getLog: {
    method: "GET";
    path: "/v1/log";
    answer: LogState;
  };
  submitRecords: {
    method: "POST";
    path: "/v1/records/batch";
    body: {
      records: (SignedRegistryChange | SignedKeyGrant | SignedKeyRevoke | SignedShipmentTerms | SignedHandoff | SignedSplit | SignedStatement | SignedOverride | SignedClearance | SignedAttestation | SignedRevocation | SignedRecall | SignedRecallAnswer | SignedAmendment | SignedEndorsement | SignedObservation | SignedBonusAgreement | SignedBonusAward | SignedDispute | SignedRuling | SignedClaim)[];
    };
    answer: BatchAnswers;
  };
  submitRecord: {
    method: "POST";
    path: "/v1/records";
    body: SignedRegistryChange | SignedKeyGrant | SignedKeyRevoke | SignedShipmentTerms | SignedHandoff | SignedSplit | SignedStatement | SignedOverride | SignedClearance | SignedAttestation | SignedRevocation | SignedRecall | SignedRecallAnswer | SignedAmendment | SignedEndorsement | SignedObservation | SignedBonusAgreement | SignedBonusAward | SignedDispute | SignedRuling | SignedClaim;
    answer: Submitted;
  };
  listRecords: {
    method: "GET";
    path: "/v1/records";
    queryParameters: {
      type?: string | null;
      partner?: number | null;
      shipment?: string | null;
      subject?: string | null;
      target?: string | null;
      waiting?: boolean;
      after?: number | null;
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: RecordPage;
  };
  getTypedData: {
    method: "POST";
    path: "/v1/records/typed-data";
    queryParameters: {
      signer?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: UnsignedRegistryChange | UnsignedKeyGrant | UnsignedKeyRevoke | UnsignedShipmentTerms | UnsignedHandoff | UnsignedSplit | UnsignedStatement | UnsignedOverride | UnsignedClearance | UnsignedAttestation | UnsignedRevocation | UnsignedRecall | UnsignedRecallAnswer | UnsignedAmendment | UnsignedEndorsement | UnsignedObservation | UnsignedBonusAgreement | UnsignedBonusAward | UnsignedDispute | UnsignedRuling | UnsignedClaim;
    answer: TypedData;
  };
  countersignRecord: {
    method: "POST";
    path: "/v1/records/{record}/signatures";
    pathParameters: {
      record: string;
    };
    body: {
      signatures: string[];
    };
    answer: Submitted;
  };
  erasePart: {
    method: "DELETE";
    path: "/v1/records/{record}/parts/{path}";
    pathParameters: {
      record: string;
      path: string;
    };
    queryParameters: {
      reason: ErasureReason;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Erasures;
  };
  listProposals: {
    method: "GET";
    path: "/v1/records/proposed";
    queryParameters: {
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Proposals;
  };
  listRecordTypes: {
    method: "GET";
    path: "/v1/records/types";
    answer: RecordTypes;
  };
  getRecord: {
    method: "GET";
    path: "/v1/records/{record}";
    pathParameters: {
      record: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: RecordView;
  };
  getReceipt: {
    method: "GET";
    path: "/v1/records/{record}/receipt";
    pathParameters: {
      record: string;
    };
    answer: ReceiptView;
  };
  proveRecord: {
    method: "GET";
    path: "/v1/records/{record}/proof";
    pathParameters: {
      record: string;
    };
    queryParameters: {
      size?: number | null;
    };
    answer: InclusionProof;
  };
  getRawRecord: {
    method: "GET";
    path: "/v1/records/{record}/raw";
    pathParameters: {
      record: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: RawRecord;
  };
  listRivals: {
    method: "GET";
    path: "/v1/records/{record}/rivals";
    pathParameters: {
      record: string;
    };
    answer: Rivals;
  };
  getCoseReceipt: {
    method: "GET";
    path: "/v1/records/{record}/receipt.cose";
    pathParameters: {
      record: string;
    };
    answer: string;
  };
  getTlogProof: {
    method: "GET";
    path: "/v1/records/{record}/tlog-proof";
    pathParameters: {
      record: string;
    };
    answer: string;
  };
  listShipments: {
    method: "GET";
    path: "/v1/shipments";
    queryParameters: {
      limit?: number;
      format?: ledger__api__routers__shipments__Form;
      partner?: number | null;
      role?: string;
      status?: string;
      late?: boolean | null;
      lane?: string;
      mode?: string;
      start?: string;
      end?: string;
      held?: boolean | null;
      disputed?: boolean | null;
      sort?: Sort;
      order?: Order | null;
      cursor?: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ShipmentPage;
  };
  getShipment: {
    method: "GET";
    path: "/v1/shipments/{shipment}";
    pathParameters: {
      shipment: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ShipmentView | UnopenedShipment;
  };
  getPenalty: {
    method: "GET";
    path: "/v1/shipments/{shipment}/penalty";
    pathParameters: {
      shipment: string;
    };
    queryParameters: {
      at?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: {
      shipment: string;
      liable: number;
      beneficiary: number;
      currency: string;
      amount: number | string;
      amount_high: number | string;
      frozen: number | string;
      uncapped: number | string;
      cap: number | string;
      alpha: number | string;
      opened_at: number;
      promised: number;
      grace: number;
      promised_at: number;
      lost_after: number;
      delivered_at: number | null;
      stopped_at: number | null;
      customs_seconds: number;
      relief_seconds: number;
      late_seconds: number;
      settled: boolean;
      indicative: boolean;
      stays_with_liable: number | string;
      share: string;
      terms: string;
      part_of: string | null;
      family: string;
      children: string[];
      portions: {
        shipment: string;
        packages: number | string;
        share: string;
        stopped_by: ("delivery" | "locker_receipt" | "refusal" | "tender" | "onward_terms") | null;
        stopped_at: number | null;
        claimed_at: number | null;
        ended: ("lost" | "left" | "sold" | "destroyed" | "abandoned" | "seized" | "destroyed_by_customs" | "transformed") | null;
        counted_until: number;
        customs_seconds: number;
        relief_seconds: number;
        late_seconds: number;
        late_seconds_high: number;
        promised_at: number;
        alpha: number | string;
        cap: number | string;
        amount: number | string;
        amount_high: number | string;
        settled: boolean;
        holds: {
          record: string;
          jurisdiction: string;
          regime: number;
          cause: number;
          caused_by: number | string;
          assurance: number;
          confirmed: boolean;
          known_late: boolean;
          held_at: number;
          presented_at: number | null;
          from: number;
          until: number | null;
          seconds: number;
          taken_out: boolean;
          reason: "not_caused_by_liable" | "on_a_brokers_word" | "caused_by_liable" | "outside_the_clock";
        }[];
        tenders: {
          record: string;
          claimed_at: number;
          counted_at: number;
          state: "open" | "stands" | "disputed" | "upheld" | "fallen" | "early" | "elsewhere" | "moved_on";
          place_closed: boolean;
          contestable_until: number;
          contested_by: string | null;
          disputed_until: number | null;
          endorsed_by: string[];
        }[];
      }[];
      legs: {
        partner: number;
        shipment: string;
        handoff: string;
        in_at: number;
        due_at: number;
        out_at: number;
        customs_seconds: number;
        overrun_seconds: number;
        amount: number | string;
      }[];
      remarks: {
        amendment: string;
        reason: "not_signed_by_both" | "unreadable";
      }[];
      evidence: string[];
      times: {
        size: number | string;
        time: number;
        basis: "operator" | "witnesses" | "chain";
      }[];
      judged_at: number | null;
      explanation: string[];
    };
  };
  listOpenings: {
    method: "GET";
    path: "/v1/shipments/{shipment}/openings";
    pathParameters: {
      shipment: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: OpeningPage;
  };
  listPenalties: {
    method: "GET";
    path: "/v1/penalties";
    queryParameters: {
      partner?: number | null;
      start?: number | null;
      end?: number | null;
      at?: number | null;
      after?: string | null;
      limit?: number;
      in?: string | null;
      rates?: number | null;
      older?: number;
      format?: ledger__api__routers__penalties__Form;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: PenaltyPage;
  };
  requestDocumentDraft: {
    method: "POST";
    path: "/v1/documents/drafts";
    queryParameters: {
      terms?: string;
      consignor?: number;
      consignee?: number;
      carrier?: number;
      packages?: number;
      zone?: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: string;
    answer: DocumentDraft;
  };
  listShipmentDocuments: {
    method: "GET";
    path: "/v1/shipments/{shipment}/documents";
    pathParameters: {
      shipment: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: DocumentList;
  };
  getShipmentDocument: {
    method: "GET";
    path: "/v1/shipments/{shipment}/documents/{form}";
    pathParameters: {
      shipment: string;
      form: ledger__services__exports__shipment_documents__Form;
    };
    queryParameters: {
      receiver?: number;
      number?: number;
      scac?: string;
      despatch?: string;
      short?: string;
      refused?: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listRecalls: {
    method: "GET";
    path: "/v1/recalls";
    queryParameters: {
      after?: number | null;
      limit?: number;
    };
    answer: RecallPage;
  };
  traceLot: {
    method: "GET";
    path: "/v1/recalls/trace";
    queryParameters: {
      subject: string;
      lots?: string;
      way?: Way;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: TraceView;
  };
  traceLotSheet: {
    method: "GET";
    path: "/v1/recalls/trace/sheet";
    queryParameters: {
      subject: string;
      lots?: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: string;
  };
  getRecall: {
    method: "GET";
    path: "/v1/recalls/{recall}";
    pathParameters: {
      recall: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: RecallView;
  };
  getProvenance: {
    method: "GET";
    path: "/v1/provenance";
    queryParameters: {
      subject: string;
      lots?: string;
      way?: Way | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ProvenanceAnswer;
  };
  listGaps: {
    method: "GET";
    path: "/v1/provenance/gaps";
    queryParameters: {
      code?: Gap | null;
      at?: number | null;
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: FindingsAnswer;
  };
  getConsortium: {
    method: "GET";
    path: "/v1/consortium";
    answer: ConsortiumView;
  };
  listPartners: {
    method: "GET";
    path: "/v1/partners";
    queryParameters: {
      after?: number | null;
      limit?: number;
    };
    answer: PartnerPage;
  };
  getPartnerBook: {
    method: "GET";
    path: "/v1/partners/book";
    answer: SignedPartnerBook;
  };
  getPartner: {
    method: "GET";
    path: "/v1/partners/{partner}";
    pathParameters: {
      partner: number;
    };
    answer: PartnerView;
  };
  listPartnerKeys: {
    method: "GET";
    path: "/v1/partners/{partner}/keys";
    pathParameters: {
      partner: number;
    };
    queryParameters: {
      at?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: PartnerKeys;
  };
  getCouncil: {
    method: "GET";
    path: "/v1/council";
    answer: CouncilView;
  };
  listOpenAgainst: {
    method: "GET";
    path: "/v1/partners/{partner}/open";
    pathParameters: {
      partner: number;
    };
    answer: OpenView;
  };
  requestEnrolment: {
    method: "POST";
    path: "/v1/enrolments";
    body: {
      document: string;
      signature: string;
    };
    answer: Enrolled;
  };
  listEnrolments: {
    method: "GET";
    path: "/v1/enrolments";
    queryParameters: {
      after?: string | null;
      limit?: number;
    };
    answer: EnrolmentPage;
  };
  getEnrolment: {
    method: "GET";
    path: "/v1/enrolments/{document}";
    pathParameters: {
      document: string;
    };
    answer: EnrolmentDocument;
  };
  getScore: {
    method: "GET";
    path: "/v1/partners/{partner}/score";
    pathParameters: {
      partner: number;
    };
    queryParameters: {
      start?: number | null;
      end?: number | null;
      rolling?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ScoreView;
  };
  listScoreSamples: {
    method: "GET";
    path: "/v1/partners/{partner}/score/samples";
    pathParameters: {
      partner: number;
    };
    queryParameters: {
      role: ScoredRole;
      indicator: Indicator;
      side?: Side;
      after?: string | null;
      limit?: number;
      start?: number | null;
      end?: number | null;
      rolling?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: SamplePage;
  };
  judgeScore: {
    method: "GET";
    path: "/v1/partners/{partner}/score/judgement";
    pathParameters: {
      partner: number;
    };
    queryParameters: {
      threshold: number;
      indicator?: string;
      samples?: number;
      start?: number | null;
      end?: number | null;
      rolling?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: JudgementView;
  };
  getScoreTrend: {
    method: "GET";
    path: "/v1/partners/{partner}/score/trend";
    pathParameters: {
      partner: number;
    };
    queryParameters: {
      by?: Step;
      count?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: TrendView;
  };
  searchEverything: {
    method: "GET";
    path: "/v1/search";
    queryParameters: {
      q: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Search;
  };
  listEvents: {
    method: "GET";
    path: "/v1/events";
    queryParameters: {
      after?: number | null;
      limit?: number;
      log?: string | null;
      type?: string[] | null;
      shipment?: string | null;
      partner?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Events;
  };
  followEvents: {
    method: "GET";
    path: "/v1/events/stream";
    queryParameters: {
      log?: string | null;
      type?: string[] | null;
      shipment?: string | null;
      partner?: number | null;
      after?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
      "Last-Event-ID"?: string | null;
    };
    answer: string;
  };
  registerWebhook: {
    method: "POST";
    path: "/v1/webhooks";
    headerParameters: {
      authorization?: string | null;
    };
    body: {
      url: string;
      types: string[];
      shipment: string;
      partner: string;
      after: string;
    };
    answer: Registered;
  };
  listWebhooks: {
    method: "GET";
    path: "/v1/webhooks";
    headerParameters: {
      authorization?: string | null;
    };
    answer: WebhookList;
  };
  getWebhook: {
    method: "GET";
    path: "/v1/webhooks/{webhook}";
    pathParameters: {
      webhook: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: WebhookView;
  };
  removeWebhook: {
    method: "DELETE";
    path: "/v1/webhooks/{webhook}";
    pathParameters: {
      webhook: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Removed;
  };
  setWebhookState: {
    method: "PUT";
    path: "/v1/webhooks/{webhook}/state";
    pathParameters: {
      webhook: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: {
      state: string;
    };
    answer: WebhookView;
  };
  renewWebhookSecret: {
    method: "POST";
    path: "/v1/webhooks/{webhook}/secret";
    pathParameters: {
      webhook: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Registered;
  };
  listDeadLetters: {
    method: "GET";
    path: "/v1/webhooks/{webhook}/dead";
    pathParameters: {
      webhook: string;
    };
    queryParameters: {
      after?: number | null;
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: DeadLetters;
  };
  resendDeadLetters: {
    method: "POST";
    path: "/v1/webhooks/{webhook}/dead";
    pathParameters: {
      webhook: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: {
      indexes: string[];
    };
    answer: Resent;
  };
  submitConsent: {
    method: "POST";
    path: "/v1/consents";
    body: {
      document: string;
      signature: string;
    };
    answer: ConsentView;
  };
  getConsent: {
    method: "GET";
    path: "/v1/consents/{consent}";
    pathParameters: {
      consent: string;
    };
    answer: ConsentView;
  };
  submitCredential: {
    method: "POST";
    path: "/v1/credentials";
    headerParameters: {
      authorization?: string | null;
    };
    body: string;
    answer: PublishedCredential;
  };
  getCredential: {
    method: "GET";
    path: "/v1/credentials/{credential}";
    pathParameters: {
      credential: string;
    };
    headerParameters: {
      accept?: string;
    };
    answer: string;
  };
  removeCredential: {
    method: "DELETE";
    path: "/v1/credentials/{credential}";
    pathParameters: {
      credential: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listCredentials: {
    method: "GET";
    path: "/v1/records/{record}/credentials";
    pathParameters: {
      record: string;
    };
    answer: PublishedCredentials;
  };
  putStatusList: {
    method: "PUT";
    path: "/v1/partners/{partner}/status-lists/{log}/{number}";
    pathParameters: {
      partner: number;
      log: string;
      number: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: string;
    answer: unknown;
  };
  getStatusList: {
    method: "GET";
    path: "/v1/partners/{partner}/status-lists/{log}/{number}";
    pathParameters: {
      partner: number;
      log: string;
      number: number;
    };
    answer: string;
  };
  getNetwork: {
    method: "GET";
    path: "/v1/network";
    queryParameters: {
      by?: By | null;
      start?: number | null;
      end?: number | null;
      rolling?: number | null;
      against_start?: number | null;
      against_end?: number | null;
      evidence?: boolean;
      format?: ledger__api__routers__networks__Form;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: NetworkView;
  };
  getStock: {
    method: "GET";
    path: "/v1/stock";
    queryParameters: {
      after?: number;
      limit?: number;
      format?: ledger__api__routers__stock__stock__Form;
      at?: number | null;
      partner?: number | null;
      gtin?: string;
      lot?: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: StockPage;
  };
  listHoldings: {
    method: "GET";
    path: "/v1/stock/holdings";
    queryParameters: {
      after?: number;
      limit?: number;
      at?: number | null;
      partner?: number | null;
      gtin?: string;
      lot?: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: HoldingPage;
  };
  getLeague: {
    method: "GET";
    path: "/v1/league";
    queryParameters: {
      origin?: string;
      destination?: string;
      mode?: string;
      role?: string;
      by?: LeagueBy;
      start?: number | null;
      end?: number | null;
      rolling?: number | null;
      evidence?: boolean;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: LeagueView;
  };
  listStandings: {
    method: "GET";
    path: "/v1/access";
    queryParameters: {
      after?: string | null;
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: StandingPage;
  };
  getAccessEvidence: {
    method: "GET";
    path: "/v1/access/{partner}/{gate}/evidence";
    pathParameters: {
      partner: number;
      gate: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: Record<string, unknown>;
  };
  listMarkets: {
    method: "GET";
    path: "/v1/markets";
    answer: MarketList;
  };
  getMarketNeeds: {
    method: "POST";
    path: "/v1/markets/needs";
    body: UnsignedRegistryChange | UnsignedKeyGrant | UnsignedKeyRevoke | UnsignedShipmentTerms | UnsignedHandoff | UnsignedSplit | UnsignedStatement | UnsignedOverride | UnsignedClearance | UnsignedAttestation | UnsignedRevocation | UnsignedRecall | UnsignedRecallAnswer | UnsignedAmendment | UnsignedEndorsement | UnsignedObservation | UnsignedBonusAgreement | UnsignedBonusAward | UnsignedDispute | UnsignedRuling | UnsignedClaim;
    answer: NeedsView;
  };
  listTaxDeviations: {
    method: "GET";
    path: "/v1/markets/deviations";
    headerParameters: {
      authorization?: string | null;
    };
    answer: DutyList;
  };
  listMarketChanges: {
    method: "GET";
    path: "/v1/markets/changes";
    queryParameters: {
      partner?: number | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ChangesList;
  };
  getMarket: {
    method: "GET";
    path: "/v1/markets/{document}";
    pathParameters: {
      document: string;
    };
    answer: unknown;
  };
  getShipmentMarket: {
    method: "GET";
    path: "/v1/shipments/{shipment}/market";
    pathParameters: {
      shipment: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: {
      shipment: string;
      opened: number;
      markets: string[];
      needs: {
        jurisdiction: string;
        lane: "export" | "import" | "transit";
        kind: "clearance" | "paper" | "tax" | "goods";
        rule: string;
        market: string;
        certain: boolean;
        goods: string[];
        standing: ("prohibited" | "restricted" | "licence" | "free") | null;
        regime: (number | string) | null;
        gates: (number | string) | null;
        relay: boolean | null;
        schema: string | null;
        about: ("product" | "lot" | "shipment" | "consignor" | "consignee") | null;
        tax: string | null;
        rates: ((number | string)[]) | null;
        fixed: (number | string) | null;
      }[];
      lacks: {
        lacking: "clearance" | "gate" | "customs-signature";
        jurisdiction: string;
        regime: number | string;
        gates: number | string;
        rules: string[];
      }[];
      papers: {
        rule: string;
        schema: string;
        about: ("product" | "lot" | "shipment" | "consignor" | "consignee") | null;
        subject: string | null;
        attested: string | null;
      }[];
      duties: {
        clearance: string;
        shipment: string;
        jurisdiction: string;
        regime: number;
        status: number;
        at: number;
        market: string;
        judged: boolean;
        deviations: {
          deviation: "rate" | "base" | "sum" | "missing" | "unknown-tax" | "currency";
          tax: string;
          rule: string | null;
          expected: string | null;
          found: string | null;
        }[];
      }[];
      explanation: string[];
      inputs: Record<string, unknown> | null;
    };
  };
  planRoute: {
    method: "GET";
    path: "/v1/plans/route";
    queryParameters: {
      evidence?: boolean;
      shipment?: string;
      origin?: string;
      destination?: string;
      packages?: number | null;
      currency?: string;
      value?: number | null;
      depart?: string;
      promised?: string;
      alpha?: number | null;
      cap?: number | null;
      holding?: number | null;
      between?: number;
      customs?: number;
      deadline?: string;
      judged?: Judged;
      ways?: number;
      without?: string[];
      without_mode?: string[];
      without_partner?: number[];
      distance?: string[];
      time?: string[];
      within?: number;
      holidays?: boolean;
      rates?: number | null;
      older?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: RouteView;
  };
  planConsolidation: {
    method: "GET";
    path: "/v1/plans/consolidation";
    queryParameters: {
      currency: string;
      distance?: string[];
      collector?: string[];
      drafts?: boolean;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ConsolidationView;
  };
  planForecast: {
    method: "GET";
    path: "/v1/plans/forecast";
    queryParameters: {
      gtin: string;
      months?: number;
      evidence?: boolean;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: ForecastView;
  };
  planWarehouses: {
    method: "POST";
    path: "/v1/plans/{kind}";
    pathParameters: {
      kind: Kind_Input;
    };
    queryParameters: {
      evidence?: boolean;
      drafts?: boolean;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: Record<string, unknown>;
    answer: WarehousePlanAnswer;
  };
  listBonuses: {
    method: "GET";
    path: "/v1/bonuses";
    queryParameters: {
      after?: number | null;
      limit?: number;
    };
    answer: AgreementPage;
  };
  getBonus: {
    method: "GET";
    path: "/v1/bonuses/{agreement}";
    pathParameters: {
      agreement: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: AgreementView;
  };
  putAwardFile: {
    method: "PUT";
    path: "/v1/bonuses/{agreement}/awards/{version}";
    pathParameters: {
      agreement: string;
      version: number;
    };
    body: {
      format: string;
      lines: Record<string, unknown>[];
    };
    answer: AwardKept;
  };
  getWorklist: {
    method: "GET";
    path: "/v1/worklist";
    queryParameters: {
      after?: string;
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: WorklistView;
  };
  getChallenge: {
    method: "GET";
    path: "/v1/session/challenge";
    queryParameters: {
      address: string;
    };
    answer: Challenge;
  };
  signIn: {
    method: "POST";
    path: "/v1/session";
    body: {
      message: string;
      signature: string;
    };
    answer: SignedIn;
  };
  getSession: {
    method: "GET";
    path: "/v1/session";
    headerParameters: {
      authorization?: string | null;
    };
    answer: SessionView;
  };
  signOut: {
    method: "DELETE";
    path: "/v1/session";
    answer: SignedOut;
  };
  getDock: {
    method: "GET";
    path: "/v1/dock";
    queryParameters: {
      before?: number | null;
      limit?: number;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: DockView;
  };
  getCode: {
    method: "GET";
    path: "/v1/codes";
    queryParameters: {
      code: string;
    };
    answer: CodeView;
  };
  getScittEntry: {
    method: "GET";
    path: "/entries/{entry}";
    pathParameters: {
      entry: string;
    };
    answer: string;
  };
  listScittKeys: {
    method: "GET";
    path: "/.well-known/scitt-keys";
    answer: string;
  };
  getScittKey: {
    method: "GET";
    path: "/.well-known/scitt-keys/{key}";
    pathParameters: {
      key: string;
    };
    answer: string;
  };
  getHealth: {
    method: "GET";
    path: "/healthz";
    answer: Health;
  };
  getReadiness: {
    method: "GET";
    path: "/readyz";
    answer: Readiness;
  };
  getMetrics: {
    method: "GET";
    path: "/metrics";
    answer: string;
  };
  submitEpcisDocument: {
    method: "POST";
    path: "/epcis/capture";
    headerParameters: {
      "GS1-Capture-Error-Behaviour"?: string;
      authorization?: string | null;
    };
    body: Record<string, unknown>;
    answer: unknown;
  };
  listEpcisCaptures: {
    method: "GET";
    path: "/epcis/capture";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  submitEpcisEvent: {
    method: "POST";
    path: "/epcis/events";
    headerParameters: {
      authorization?: string | null;
    };
    body: Record<string, unknown>;
    answer: unknown;
  };
  searchEpcisEvents: {
    method: "GET";
    path: "/epcis/events";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
      parameters?: Record<string, string>;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  getEpcisCapture: {
    method: "GET";
    path: "/epcis/capture/{capture_id}";
    pathParameters: {
      capture_id: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  getEpcisEvent: {
    method: "GET";
    path: "/epcis/events/{event_id}";
    pathParameters: {
      event_id: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  registerEpcisSubscription: {
    method: "POST";
    path: "/epcis/queries/{name}/subscriptions";
    pathParameters: {
      name: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    body: Record<string, unknown>;
    answer: unknown;
  };
  listEpcisSubscriptions: {
    method: "GET";
    path: "/epcis/queries/{name}/subscriptions";
    pathParameters: {
      name: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  getEpcisSubscription: {
    method: "GET";
    path: "/epcis/queries/{name}/subscriptions/{subscription}";
    pathParameters: {
      name: string;
      subscription: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  removeEpcisSubscription: {
    method: "DELETE";
    path: "/epcis/queries/{name}/subscriptions/{subscription}";
    pathParameters: {
      name: string;
      subscription: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  submitEpcisQuery: {
    method: "POST";
    path: "/epcis/queries";
    headerParameters: {
      authorization?: string | null;
    };
    body: {
      name: string;
      query: Record<string, unknown>;
    };
    answer: unknown;
  };
  listEpcisQueries: {
    method: "GET";
    path: "/epcis/queries";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  getEpcisQuery: {
    method: "GET";
    path: "/epcis/queries/{name}";
    pathParameters: {
      name: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  eraseEpcisQuery: {
    method: "DELETE";
    path: "/epcis/queries/{name}";
    pathParameters: {
      name: string;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisQuery: {
    method: "GET";
    path: "/epcis/queries/{name}/events";
    pathParameters: {
      name: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      "Last-Event-ID"?: string | null;
      authorization?: string | null;
    };
    answer: unknown;
  };
  getEpcisInterface: {
    method: "GET";
    path: "/epcis";
    answer: unknown;
  };
  listEpcisEventTypes: {
    method: "GET";
    path: "/epcis/eventTypes";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisEventTypes: {
    method: "GET";
    path: "/epcis/eventTypes/{value}";
    pathParameters: {
      value: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listEpcisEpcs: {
    method: "GET";
    path: "/epcis/epcs";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisEpcs: {
    method: "GET";
    path: "/epcis/epcs/{value}";
    pathParameters: {
      value: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listEpcisBizSteps: {
    method: "GET";
    path: "/epcis/bizSteps";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisBizSteps: {
    method: "GET";
    path: "/epcis/bizSteps/{value}";
    pathParameters: {
      value: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listEpcisBizLocations: {
    method: "GET";
    path: "/epcis/bizLocations";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisBizLocations: {
    method: "GET";
    path: "/epcis/bizLocations/{value}";
    pathParameters: {
      value: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listEpcisReadPoints: {
    method: "GET";
    path: "/epcis/readPoints";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisReadPoints: {
    method: "GET";
    path: "/epcis/readPoints/{value}";
    pathParameters: {
      value: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  listEpcisDispositions: {
    method: "GET";
    path: "/epcis/dispositions";
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  searchEpcisDispositions: {
    method: "GET";
    path: "/epcis/dispositions/{value}";
    pathParameters: {
      value: string;
    };
    queryParameters: {
      perPage?: string | null;
      nextPageToken?: string | null;
    };
    headerParameters: {
      authorization?: string | null;
    };
    answer: unknown;
  };
  putItemCodes: {
    method: "PUT";
    path: "/v1/products/codes/{attestation}";
    pathParameters: {
      attestation: string;
    };
    body: {
      codes: string[];
    };
    answer: Kept;
  };
  putProductData: {
    method: "PUT";
    path: "/v1/products/data/{attestation}";
    pathParameters: {
      attestation: string;
    };
    body: {
      document: string;
      picture: string;
    };
    answer: Kept;
  };
  getProductData: {
    method: "GET";
    path: "/v1/products/data/{document}";
    pathParameters: {
      document: string;
    };
    answer: Record<string, unknown>;
  };
  getPicture: {
    method: "GET";
    path: "/v1/products/pictures/{sha256}";
    pathParameters: {
      sha256: string;
    };
    answer: unknown;
  };
  reportScan: {
    method: "POST";
    path: "/v1/products/scans";
    body: {
      code: string;
      device: string;
    };
    answer: ProductView;
  };
  getProductBundle: {
    method: "GET";
    path: "/v1/products/bundle/{path}";
    pathParameters: {
      path: string;
    };
    answer: Record<string, unknown>;
  };
  lookUpProduct: {
    method: "GET";
    path: "/v1/products/{path}";
    pathParameters: {
      path: string;
    };
    headerParameters: {
      "Lading-Device"?: string;
    };
    answer: ProductView;
  };
  getResolverDescription: {
    method: "GET";
    path: "/.well-known/gs1resolver";
    answer: Record<string, unknown>;
  };
  lookUpDigitalLink: {
    method: "GET";
    path: "/01/{path}";
    pathParameters: {
      path: string;
    };
    queryParameters: {
      linkType?: string;
      lang?: string;
      mediaType?: string;
    };
    answer: Record<string, unknown>;
  };
}
