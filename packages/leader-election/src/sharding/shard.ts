import { Campaign } from '../campaign.ts';
import type { ElectionSettings } from '../election-options.ts';

/** One shard as one member sees it: a campaign for its lease, and who has held it. */
export class Shard extends Campaign {
  readonly name: string;
  readonly settings: ElectionSettings;
  /** Who held it last, this member included; `''` if nobody was seen to. */
  lastHolder = '';

  /** @param changed is called when another member holds the shard, or nobody does. */
  constructor(name: string, settings: ElectionSettings, changed: () => void) {
    super(settings, (leader) => {
      this.lastHolder = leader?.identity ?? this.lastHolder;
      changed();
    });
    this.name = name;
    this.settings = settings;
  }
}
