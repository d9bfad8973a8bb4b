export { createRelay, StoreDiffers } from './relay';
export type { Relay, RelayMetrics, RelayOptions, RelayStatus } from './relay';
