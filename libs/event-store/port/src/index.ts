export * from './event-store';
export * from './unavailable';
