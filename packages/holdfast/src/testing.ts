export * from '@holdfast/core/testing';
