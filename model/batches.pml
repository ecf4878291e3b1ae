/* What clients ask for: batches, decided and answered; crashes; the process of a node. */

#ifdef RESTART_LEADS
#define TAKE_PRIMACY(n) \
  if \
  :: promise[n] > 0 && primary_of[promise[n]] == n -> \
     printf("  %c acts as primary of epoch %d by itself\n", NAME(n), promise[n]); \
     told[n] = promise[n]; acting[n] = promise[n]; role[n] = PRIMARY; alone[n] = 1 \
  :: else \
  fi
#else
#define TAKE_PRIMACY(n) skip
#endif

#ifdef NO_CONFIRMATION
#define CONFIRMED_BY_ITSELF(n) 1
#else
#define CONFIRMED_BY_ITSELF(n) (AWAITED(n) == 0)
#endif

inline decide_confirm(n) {
  look_for_acknowledged(n);
  batch[n] = CONFIRM;
  acks[n] = 0;
  outdated[n] = 1 - i;
  i = 0;
  j = 0;
  do
  :: j < NODES ->
     if
     :: f_batch[LINK(n, j)] == CONFIRM -> clear_link(n, j)  /* of an earlier round: its number is another */
     :: else
     fi;
     j++
  :: else -> break
  od; j = 0;
  if
  :: CONFIRMED_BY_ITSELF(n) -> finish_batch(n)
  :: else
  fi
}

#ifdef REACHED_FOR_GOOD
#define STILL_REACHED(n) reached[n]
#else
#define STILL_REACHED(n) (reached[n] & acks[n])
#endif

inline write_batch(n) {
  printf("%c writes batch %d\n", NAME(n), batch[n]);
  journal[n * ENTRIES + length[n]] = batch[n];
  length[n] = length[n] + 1;
  written[n] = 1
}

inline finish_batch(n) {
  if
  :: batch[n] == CONFIRM -> answer_confirmed(n)
  :: else ->
     printf("%c answers batch %d under epoch %d\n", NAME(n), batch[n], acting[n]);
     if
     :: !written[n] -> write_batch(n)
     :: else
     fi;
     settles(n, HEAD(n));
     reached[n] = STILL_REACHED(n);  /* who has not got it lacks something now */
     answer_entry(n)
  fi;
  batch[n] = 0; written[n] = 0; acks[n] = 0; outdated[n] = 0;
  obey(n)
}

inline crash(n) {
  printf("%c crashes and restarts\n", NAME(n));
  role[n] = WAITING; told[n] = 0; saving[n] = 0; hand_over[n] = 0;
  forget_leading(n);
  forget_process(n)
}

#define ALONE(n) \
  :: d_step { !served && UP(n) && saving[n] != 0 -> \
       printf("the promise %d of %c is on disk\n", saving[n], NAME(n)); \
       promise[n] = saving[n]; \
       saving[n] = 0; \
       obey(n) } \
  :: d_step { !served && !quiet && role[n] == PRIMARY && batch[n] == 0 && decided < ENTRIES && length[n] < ENTRIES -> \
       decided++; \
       printf("%c decides batch %d\n", NAME(n), decided); \
       batch[n] = decided; \
       acks[n] = 0 } \
  :: d_step { !served && role[n] == PRIMARY && batch[n] == 0 && \
              ((ROUNDS && !quiet) || (quiet && acting[n] == epoch && in_sync_of[epoch] == ALL_UP)) -> \
       printf("%c decides a refusal\n", NAME(n)); \
       decide_confirm(n) } \
  /* At any moment: that it waits until the others have taken it only spares copies. */ \
  :: d_step { !served && LEADS(n) && batch[n] != 0 && batch[n] != CONFIRM && !written[n] && AWAITED(n) != 0 -> write_batch(n) } \
  :: d_step { !served && LEADS(n) && batch[n] != 0 && (AWAITED(n) & ~acks[n]) == 0 -> finish_batch(n) } \
  :: d_step { !served && !quiet && (role[n] != WAITING || told[n] != 0 || saving[n] != 0) -> \
       crash(n); \
       TAKE_PRIMACY(n) }

/* While there are faults pings may be late, of any record there was. */
#if EPOCHS > 6
#error more epochs than TELL_LATE knows
#endif
#if EPOCHS > 5
#define TELL_6(n) TELL(n, 5)
#else
#define TELL_6(n)
#endif
#if EPOCHS > 4
#define TELL_5(n) TELL(n, 4)
#else
#define TELL_5(n)
#endif
#if EPOCHS > 3
#define TELL_4(n) TELL(n, 3)
#else
#define TELL_4(n)
#endif
#define TELL_LATE(n) TELL(n, 1) TELL(n, 2) TELL_4(n) TELL_5(n) TELL_6(n)

proctype node(byte n) {
  do
  ALONE(n)
  DISK_FAULTS(n)
#if NODES == 2
  TOWARDS(n, (1 - n))
#else
  TOWARDS(n, ((n + 1) % 3))
  TOWARDS(n, ((n + 2) % 3))
#endif
  TELL(n, epoch)
  TELL_LATE(n)
  od
}
