// As in every test run, but a property that fails is not shrunk: nobody reads the example.
import fc from 'fast-check';
import '../../test/property-seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
