/** The part of the catalogue that is about what a node keeps on disk, and about its keys there. */
export const diskErrors = {
  DATA_DIR_MISSING: {
    exit: 66,
    summary: 'There is no data directory where the configuration says.',
    hint: 'Check --home and node.data_dir.',
  },
  DATA_DIR_NOT_EMPTY: {
    exit: 73,
    summary: 'There is something already where a chain was to be put.',
    hint: 'Give an empty place. To begin anew with what is there, move data/chain, data/wal-a and data/wal-b away and leave the last-signed record where it is.',
  },
  DATA_OF_ANOTHER_CHAIN: {
    exit: 78,
    summary: 'The data directory holds another chain than the one that the node is to run, or began with another genesis state.',
    hint: 'Check --home, node.data_dir, and the chain spec; give another chain a data directory of its own. Nothing was changed.',
  },
  DATA_FORMAT_NEWER: {
    exit: 78,
    summary: 'A newer version of Synod has written the data directory.',
    hint: 'Run that version or a later one: see docs/runbooks/upgrade.md.',
  },
  DATA_FORMAT_UNKNOWN: {
    exit: 74,
    summary: 'The data directory does not say which format it has, or has one that nothing leads on from.',
    hint: 'Restore the file `format` from a backup, or keep the keys and the last-signed record and synchronise into an empty directory.',
  },
  DATA_FORMAT_OLDER: {
    exit: 78,
    summary: 'The data directory was written by an older version of Synod and was not brought to this one’s format yet.',
    hint: 'Start the node once with this version, which does it, or look with the version that wrote it.',
  },
  ROLLBACK_REFUSED: {
    exit: 65,
    summary: 'The chain cannot be rolled back to this height.',
    hint: 'Choose a height within the limit. Further back, keep the keys and the last-signed record and synchronise into an empty directory: see docs/runbooks/recovery.md.',
  },
  REPLAY_DIFFERS: {
    exit: 70,
    summary: 'Executing a stored block again does not give the state its header promises.',
    hint: 'The state was damaged, or the program or the application is not the chain’s: see docs/runbooks/recovery.md.',
  },
  REPLAY_IMPOSSIBLE: {
    exit: 65,
    summary: 'What a replay would begin with is not kept.',
    hint: 'Begin at a height that `synod inspect` lists, or at 0 where all blocks are kept.',
  },
  DATA_DIR_LOCKED: {
    exit: 75,
    summary: 'Another process is using the data directory.',
    hint: 'Stop the other node, or give this one a data directory of its own.',
  },
  DISK_FAILED: {
    exit: 74,
    summary: 'The disk refused to read or write. The node stops rather than trust it.',
    hint: 'Check the disk and the permissions of the data directory, then start again: nothing that was final is lost.',
  },
  DISK_FULL: {
    exit: 74,
    summary: 'The disk is full. The node stopped before anything was half-written.',
    hint: 'Free some space and start again: nothing that was final is lost.',
  },
  SNAPSHOT_FILE_INVALID: {
    exit: 65,
    summary: 'A snapshot file is damaged, is of another chain, or holds something else than the block that is trusted.',
    hint: 'Get the file again, and the hash of its block from somebody you trust.',
  },
  SNAPSHOT_FOREIGN_PARAMETERS: {
    exit: 78,
    summary: 'The state that would be begun with was made by other rules than those of this node.',
    hint: 'Run the version and the chain spec that the chain runs now: see docs/runbooks/upgrade.md.',
  },
  STATE_DIVERGED: {
    exit: 70,
    summary: 'The chain made a block final that does not hold on this node: its state or its software is not the chain’s.',
    hint: 'Check that this node runs the version and the application that the other validators run, then restore a backup or synchronise again.',
  },
  STATE_VERSION_PRUNED: {
    exit: 69,
    summary: 'The state at this height is not kept any more.',
    hint: 'Ask for a newer height, or keep more versions of the state.',
  },
  STORE_CORRUPT: {
    exit: 74,
    summary: 'The database is damaged.',
    hint: 'Restore a backup, or delete the store, keep the keys and the last-signed record, and synchronise again.',
  },
  VALIDATOR_KEY_ELSEWHERE: {
    exit: 75,
    summary: 'Another machine signs with this validator’s key. This node has stopped before it could sign twice.',
    hint: 'Find out which machine has the key and stop it; only then start this one again. If none of yours has it, the key is stolen: unstake.',
  },
  VALIDATOR_KEY_IN_USE: {
    exit: 75,
    summary: 'Another process on this machine runs a validator with the same key.',
    hint: 'Stop the other one first: two validators with one key sign twice and are slashed.',
  },
  UPGRADE_NEEDED: {
    exit: 78,
    summary: 'The chain goes on by rules that this version of Synod does not know.',
    hint: 'Install the version of Synod that the operators agreed on, with the same home, and start: see docs/runbooks/upgrade.md. Nothing is lost, and nothing was signed.',
  },
  WAL_CORRUPT: {
    exit: 74,
    summary: 'The consensus log is damaged in its middle; starting from it could make this validator sign twice.',
    hint: 'Restore the file from a backup taken while the node was stopped, or move it away: the last-signed record still guards the key.',
  },
  SIGNER_UNREACHABLE: {
    exit: 69,
    summary: 'No process that holds the validator’s key answers.',
    hint: 'Start `synod signer`, and check signer.addresses, the peer ids on both sides and the signer’s log: see docs/runbooks/validator.md.',
  },
  SIGNER_LISTEN_FAILED: {
    exit: 69,
    summary: 'The signer cannot listen on the address it was given.',
    hint: 'Choose another with --listen, or stop the program that uses it.',
  },
  LAST_SIGNED_CORRUPT: {
    exit: 74,
    summary: 'The record of the last signed consensus message is damaged.',
    hint: 'Do not delete it while another copy of this validator may run. Restore it from a backup, or wait until the chain is well past your last vote and remove it.',
  },
} as const
