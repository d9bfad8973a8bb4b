export * from './deployment';
export * from './terminal';
