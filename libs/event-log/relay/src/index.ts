export { createRelay, StoreDiffers } from './relay';
export type { Relay, RelayMetrics, RelayOptions, RelayStatus } from './relay';
export { createSignalRelay, SignalsDiffer } from './signal-relay';
export type { SignalRelay, SignalRelayOptions, SignalRelayStatus } from './signal-relay';
