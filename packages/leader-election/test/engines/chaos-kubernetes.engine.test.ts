import { kubernetesBackend } from '../chaos/backends.ts';
import { inFolder } from '../chaos/folder.ts';
import { suffers } from './chaos.ts';
import { withEngine } from './engine.ts';

withEngine('kubernetes', ['KUBECONFIG'], (kubeconfig) =>
  suffers('Kubernetes', (use) => inFolder((folder) => use(kubernetesBackend(kubeconfig, folder)))),
);
