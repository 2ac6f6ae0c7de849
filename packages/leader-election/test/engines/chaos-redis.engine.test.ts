import { redisBackend } from '../chaos/backends.ts';
import { suffers } from './chaos.ts';
import { withEngine } from './engine.ts';

withEngine('redis', ['HOLDFAST_REDIS_URL'], (url) => suffers('Redis', (use) => use(redisBackend(url))));
