/** All that is understood of a customer; what tells how fresh it is stands apart. */
export const UNDERSTANDING = `
  id kind erased
  identifiers { id type value redacted verified blocked firstSeen }
  orders(first: 100) { totalCount edges { node { orderId placedAt total { amountMinor currency } sales { amountMinor } cancelled version lines { sku quantity unitPrice } } } }
  purchases {
    kind netRevenue { amountMinor currency } reasonNull firstPurchase lastPurchase silentSince
    byCurrency { currency orders invoices refunds sales { amountMinor } refunded { amountMinor } adjustments { amountMinor } netRevenue { amountMinor } saleDays { day sales { amountMinor } orders } }
  }
  profile { kind traits firstSeen lastSeen behaviours { call count } }
  timeline(first: 100) { edges { node { id type occurred position subject data } } }`;

/** By any of her identifiers. */
export const BY_IDENTIFIER = `query By($type: IdentifierType!, $value: String!) { customer(identifier: { type: $type, value: $value }) { ${UNDERSTANDING} mergedFrom { identifierIds by reason } } }`;
/** Why a command was refused. */
export const REFUSED = '... on CommandRefused { code field rule remedy }';
