export * from './importer/csv';
