export * from './definition';
export * from './fold';
export * from './runner-face';
export { createProjectionRunner } from './runner';
export { createIdentityReader } from './identity/identity-reader';
export type { HeldMerge, IdentityReader } from './identity/identity-reader';
export { canonicalJson, rowHash, sumOfHashes } from './state-hash';
export * from './aggregates';
export { authorityGroupsOf, reachesSubject } from './identity/authority';
