import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a change is judged by what it changed. PROPERTY_SEED=random draws others
 * (a failure prints its seed), PROPERTY_SEED=<number> those of another run.
 */
const { PROPERTY_SEED: given } = process.env;
if (given !== 'random') fc.configureGlobal({ seed: given === undefined ? 20_261_120 : Number(given) });
