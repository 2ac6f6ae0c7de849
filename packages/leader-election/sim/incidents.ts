import type { Incident } from './scenario.ts';
import type { World } from './world.ts';

/** Puts the incidents down in the agenda. */
export function schedule(world: World): void {
  for (const incident of world.scenario.incidents) {
    world.agenda.at(incident.atMs, () => {
      if (incident.aim === undefined || !('node' in incident)) return happen(world, incident);
      world.candidates[incident.node]?.aims.set(incident.aim, () =>
        world.agenda.after(SOON_MS, () => happen(world, inTime(world, incident))),
      );
    });
  }
}

/** While the request that was aimed at is on its way, or its answer. */
const SOON_MS = 3;

/** One that came late is over when all is to be calm all the same. */
function inTime({ agenda, scenario }: World, incident: Incident): Incident {
  if (!('forMs' in incident)) return incident;
  return { ...incident, forMs: Math.min(incident.forMs, scenario.calmAtMs - 50 - agenda.nowMs) };
}

function happen(world: World, incident: Incident): void {
  if (world.agenda.nowMs > world.scenario.calmAtMs - 100) return;
  world.log('node' in incident ? incident.node : undefined, `INCIDENT ${textOf(incident)}`);
  world.count(`incident.${incident.type}`);
  befall(world, incident);
}

export function textOf({ atMs: _at, ...incident }: Incident): string {
  const parts = Object.entries(incident).filter(([key]) => key !== 'type' && key !== 'node');
  return [incident.type, ...parts.map(([key, value]) => `${key} ${typeof value === 'number' ? Math.round(value) : value}`)].join(
    ' ',
  );
}

function befall(world: World, incident: Incident): void {
  const { agenda, server } = world;
  const { register } = server;
  switch (incident.type) {
    case 'outage':
      server.fault = incident.fault;
      return agenda.after(incident.forMs, () => void (server.fault = undefined));
    case 'reserve':
      return assign(world, incident.forMs);
    case 'hang_up':
      for (const { stream } of world.candidates) stream.hangUp();
      return undefined;
    case 'delete':
      world.rob();
      register.reserved = false;
      return register.remove(agenda.nowMs) ? world.changed() : undefined;
    case 'annotate':
      return register.edit({}, agenda.nowMs) ? world.changed() : undefined;
    case 'clear':
      world.rob();
      return register.edit({ holder: '', termId: '' }, agenda.nowMs) ? world.changed() : undefined;
    default:
      return befallNode(world, incident);
  }
}

function assign(world: World, forMs: number): void {
  const { register } = world.server;
  const set = (reserved: boolean): void => {
    register.reserved = reserved;
    if (register.edit({}, world.agenda.nowMs)) world.changed();
  };
  set(true);
  world.agenda.after(forMs, () => set(false));
}

function befallNode(world: World, incident: Extract<Incident, { readonly node: number }>): void {
  const { agenda } = world;
  const candidate = world.candidates[incident.node];
  if (candidate === undefined) return;
  const { machine, link, stream } = candidate;
  switch (incident.type) {
    case 'crash':
      if (machine.clock.asleep) return;
      candidate.crash();
      return agenda.after(incident.forMs, () => machine.deliver(() => candidate.start()));
    case 'stall':
      return machine.stall(incident.forMs);
    case 'sleep':
      return machine.sleep(incident.forMs);
    case 'stop':
      machine.deliver(() => candidate.stop());
      return agenda.after(incident.forMs, () => machine.deliver(() => candidate.start()));
    case 'step':
      return machine.clock.stepWall(agenda.nowMs, incident.byMs);
    case 'cut':
      link.cut = incident.way;
      return agenda.after(incident.forMs, () => void (link.cut = undefined));
    case 'slow':
      link.slowMs = incident.byMs;
      return agenda.after(incident.forMs, () => void (link.slowMs = 0));
    case 'resign':
      return machine.deliver(() => {
        if (candidate.leads) candidate.tell({ type: 'resign', to: identityOf(world, incident.to) });
      });
    case 'point':
      return world.server.register.edit({ handOffTo: identityOf(world, incident.to) }, agenda.nowMs)
        ? world.changed()
        : undefined;
    case 'rank':
      candidate.rank = incident.rank;
      return undefined;
    case 'deafen':
      return stream.deafen();
  }
}

function identityOf(world: World, node: number): string {
  return world.candidates[node]?.identity ?? '';
}
