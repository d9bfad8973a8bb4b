export * from './deployment';
export * from './schemas';
export * from './terminal';
export * from './services';
export * from './stored-clock';
export * from './intake';
export * from './access';
export * from './erasures';
