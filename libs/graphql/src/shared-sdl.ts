import { IDENTIFIER_TYPES, REFUSAL_CODES } from '@tsunagari/contracts';

/** What every subgraph begins with. The value types are shareable: any subgraph may return them. */
export const sharedSdl = /* GraphQL */ `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@override"])

"Who may use a field. A root field without it does not build."
directive @role(anyOf: [String!]!) on FIELD_DEFINITION

"A moment in ISO 8601, UTC: 2010-12-01T08:26:00.000Z."
scalar DateTime
"A calendar day: 2010-12-01."
scalar Day
"A decimal number as text, so that no digit is lost."
scalar Decimal
"A place in the log. Opaque; send it back as atLeast to be shown your own write."
scalar Position

interface Node {
  id: ID!
}

"An amount in the minor unit of its currency (pence, cents), ISO 4217."
type Money @shareable {
  amountMinor: String!
  currency: String!
}

"How far the read model behind an answer has come."
type Freshness @shareable {
  projection: String!
  version: String!
  position: Position!
  "Milliseconds behind the log's end."
  lagMs: Int!
  rebuilding: Boolean!
  stateHash: String
}

type PageInfo @shareable {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

enum IdentifierType {
  ${IDENTIFIER_TYPES.map((type) => type.toUpperCase()).join('\n  ')}
}

"""
Upper bounds of a moment in the past; what is left out does not bound. Events that happened by then (occurredBy), were recorded by then
(knownBy), or stand up to a position.
"""
input AsOf {
  occurredBy: DateTime
  knownBy: DateTime
  position: Position
}

"What somebody is known by: a user id, an e-mail address, an anonymous id of a browser."
input IdentifierInput {
  type: IdentifierType!
  value: String!
}

enum RefusalCode {
  ${REFUSAL_CODES.join('\n  ')}
}

"An expected outcome: the command was understood and not carried out. Nothing was written."
interface Refusal {
  code: RefusalCode!
  "The input field that broke the rule, as a path."
  field: String
  "The rule, stated so that it can be met."
  rule: String!
  message: String!
  "What you can do."
  remedy: String
}

type CommandRefused implements Refusal @shareable {
  code: RefusalCode!
  field: String
  rule: String!
  message: String!
  remedy: String
}
`;
