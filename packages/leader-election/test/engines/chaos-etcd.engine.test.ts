import { etcdBackend } from '../chaos/backends.ts';
import { suffers } from './chaos.ts';
import { withEngine } from './engine.ts';

withEngine('etcd', ['HOLDFAST_ETCD_ENDPOINT'], (endpoint) => suffers('etcd', (use) => use(etcdBackend(endpoint))));
