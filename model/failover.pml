/*
 * Who is primary, and what may be answered: the rules of failover and replication, for spin. README.md beside
 * this file says what stands for what and what is left out; `model/check` runs it.
 *
 * Each node, the monitor and the network are one process each; every step is one d_step, so whatever may happen
 * between two of them does. Faults are not counted: they come as often as they like, until `quiet`. What is
 * bounded is how far a run may get: EPOCHS records and ENTRIES commands.
 */
#ifndef NODES
#define NODES 2
#endif
#ifndef ENTRIES
#define ENTRIES 2  /* commands decided */
#endif
#ifndef EPOCHS
#define EPOCHS 4   /* the last epoch that is written while there are faults */
#endif
#ifndef HEAL
#define HEAL 9     /* epochs that it may take from there until all is well */
#endif
/* FEWER: without switchovers, refusals, lost frames and (but where the record is lost) late pings, so that there is room for other faults. */
#ifdef FEWER
#define ROUNDS 0
#define LOST_FRAMES 0
#define SWITCHOVERS 0
#ifdef RECORD_LOSS
#define LATE_PINGS 1
#else
#define LATE_PINGS 0
#endif
#else
#define ROUNDS 1
#define LOST_FRAMES 1
#define SWITCHOVERS 1
#define LATE_PINGS 1
#endif
#define EPOCHS_MAX (EPOCHS + HEAL)

#define NOBODY NODES
#define ALL ((1 << NODES) - 1)
#define ONE(n) (1 << (n))
#define IN(set, n) (((set) >> (n)) & 1)
#define NAME(n) (97 + (n))

/* Roles of a node. Who follows a primary is WAITING, too: no rule tells them apart. */
#define WAITING 0
#define PROMISING 1
#define PRIMARY 2
#define DRAINING 3
#define LEADS(n) (role[n] >= PRIMARY)

/* A batch under way: an entry's number, or a round that only confirms (a refusal or a replay is to be answered). */
#define CONFIRM 15

/* What a primary asks of the monitor: to be without a node, or to count it. */
#define DROP(n) (1 + 2 * (n))
#define ADMIT(n) (2 + 2 * (n))

/* The monitor. On disk: the record of the current epoch. Those before are what a late ping may still say. */
byte epoch;
byte primary_of[EPOCHS_MAX + 1], in_sync_of[EPOCHS_MAX + 1];
#define NOW_PRIMARY primary_of[epoch]
byte successor;         /* of a switchover under way */

/* What it knows of each node: the report of the last echo. */
#define UNKNOWN 0
#define ALIVE 1
#define LOST 2
byte life[NODES];
/* Of the primary, as it says itself: about to act on the record, or on an older one; acts on it; stands down. */
#define BEHIND 0
#define ACTS 1
#define STANDS_DOWN 2
byte reported, r_wish;
bit r_drained;
byte r_head[NODES];     /* while a switchover is asked for */

/* Nodes. On disk: promise and journal. */
byte promise[NODES], length[NODES], journal[NODES * ENTRIES];
bit hand_over[NODES];
byte role[NODES], told[NODES], acting[NODES];
byte saving[NODES];     /* a promise on its way to the disk */
byte batch[NODES];      /* 0, an entry or CONFIRM */
bit written[NODES];     /* the batch is in this node's journal, too */
byte acks[NODES], reached[NODES], pledged[NODES], wish[NODES];
bit outdated[NODES];    /* ghost: something acknowledged was missing when the CONFIRM batch was decided */

/* Frames, and the answers to them, one on its way from each primary to each other node. */
#define NONE 0
#define APPEND 1
#define ACK 2
#define REFUSE 3
byte frame[NODES * NODES], f_epoch[NODES * NODES], f_previous[NODES * NODES], f_batch[NODES * NODES];
#define LINK(p, f) ((p) * NODES + (f))

/* Ghosts: what was acknowledged at each position. */
byte acknowledged[ENTRIES];
byte decided;
bit quiet, served;
byte down = NOBODY;     /* when it is quiet: a node that stays away */
#define UP(n) (down != (n))
#define ALL_UP (down == NOBODY -> ALL : ALL & ~ONE(down))
#ifdef STALE_WISH
byte late_wish;         /* of an older echo */
#endif
#ifdef RESTART_LEADS
bit alone[NODES];
#endif
byte i, j, next_primary, next_members;  /* for one step; 0 between */

#define HEAD(n) (length[n] == 0 -> 0 : journal[(n) * ENTRIES + length[n] - 1])
/* Without a batch that is under way. */
#define LENGTH(n) (length[n] - written[n])
#define END(n) (LENGTH(n) == 0 -> 0 : journal[(n) * ENTRIES + LENGTH(n) - 1])
#define MINE(n) (primary_of[told[n]] == (n))
#define PROMISED(n) (saving[n] > promise[n] -> saving[n] : promise[n])

/* Who must have a batch before it is answered. */
#if defined(ANSWER_EARLY)
#define AWAITED(p) 0
#elif defined(DROP_EARLY)
#define AWAITED(p) ((in_sync_of[acting[p]] | pledged[p]) & ~ONE(p) & ~(wish[p] % 2 == 1 -> ONE(wish[p] / 2) : 0))
#elif defined(RESTART_LEADS)
#define AWAITED(p) (alone[p] -> 0 : ((in_sync_of[acting[p]] | pledged[p]) & ~ONE(p)))
#else
#define AWAITED(p) ((in_sync_of[acting[p]] | pledged[p]) & ~ONE(p))
#endif

#include "disks.pml"
#include "record_loss.pml"
#include "properties.pml"
#include "node.pml"
#include "replication.pml"
#include "batches.pml"
#include "monitor.pml"

/* ---- faults end, service returns ---- */

/* The last fault takes a node away, which the monitor sees; another is in sync. */
#define STAYS_AWAY(n) \
  :: d_step { !quiet && epoch > 0 && (in_sync_of[epoch] & ~ONE(n)) != 0 && WHOLE_WITHOUT(n) && RECORD_THERE -> \
       crash(n); \
       take_for_lost(n); \
       printf("---- no more faults, but %c stays away\n", NAME(n)); \
       down = n; \
       quiet = 1 }

init {
  atomic {
  d_step {
    i = 0;
    do
    :: i <= EPOCHS_MAX -> primary_of[i] = NOBODY; i++
    :: else -> break
    od; j = 0;
    successor = NOBODY;
#ifndef FRESH
    /* All in sync already, under epoch 2: a start that is reached from nothing, too, and spares those steps. */
    epoch = 2; primary_of[1] = 0; in_sync_of[1] = ONE(0); primary_of[2] = 0; in_sync_of[2] = ALL;
    i = 0;
    do
    :: i < NODES -> promise[i] = 1; told[i] = 1; hear_of_disk(i); i++
    :: else -> break
    od; j = 0;
#endif
    i = 0
  }
  run monitor();
  run node(0);
  run node(1);
#if NODES > 2
  run node(2)
#endif
  }
#ifndef NO_HEALING
progress_while_there_are_faults:
  if
  :: d_step { !quiet -> printf("---- no more faults\n"); quiet = 1 }
  STAYS_AWAY(0)
  STAYS_AWAY(1)
#if NODES > 2
  STAYS_AWAY(2)
#endif
  fi;
  served || NEEDS_A_PERSON;
progress_as_all_is_well:
  do
  :: served || NEEDS_A_PERSON -> skip
  od
#endif
}
