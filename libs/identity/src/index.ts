export * from './facts';
export * from './difference';
export * from './fold';
export * from './partition';
export * from './position';
export * from './rules';
