export * from './facts';
export * from './fold';
export * from './partition';
export * from './position';
export * from './rules';
