/* The monitor: the rules M1 to M13 of `sportapp failover table`. */

#define MAY_WRITE (!served && RECORD_THERE && (quiet || epoch < EPOCHS))
#define FIT (life[NOW_PRIMARY] == UNKNOWN || (life[NOW_PRIMARY] == ALIVE && reported != STANDS_DOWN))
#ifdef PROMOTE_ANY
#define MEMBER(n) 1
#else
#define MEMBER(n) IN(in_sync_of[epoch], n)
#endif
#define ELIGIBLE(n) (MEMBER(n) && life[n] == ALIVE && (n != NOW_PRIMARY || reported == STANDS_DOWN) && FIT_BY_DISK(n))
#ifdef STALE_WISH
#define WISHES(w) (life[NOW_PRIMARY] == ALIVE && ((reported == ACTS && r_wish == (w)) || late_wish == (w)))
#else
#define WISHES(w) (life[NOW_PRIMARY] == ALIVE && reported == ACTS && r_wish == (w))
#endif
#define SAME_HEAD(n) (life[n] == ALIVE && r_head[n] == r_head[NOW_PRIMARY])
#define WITH_SAME_HEAD(n) (MEMBER(n) && SAME_HEAD(n) -> ONE(n) : 0)
#if NODES > 2
#define MEMBERS_WITH_SAME_HEAD (WITH_SAME_HEAD(0) | WITH_SAME_HEAD(1) | WITH_SAME_HEAD(2))
#else
#define MEMBERS_WITH_SAME_HEAD (WITH_SAME_HEAD(0) | WITH_SAME_HEAD(1))
#endif

/* Every change begins a new epoch. Written before anybody is told. */
inline write_record() {
  assert(epoch < EPOCHS_MAX);  /* HEAL is enough */
  epoch++;
  primary_of[epoch] = next_primary;
  in_sync_of[epoch] = next_members;
  printf("the monitor has on disk: epoch %d, primary %c, in sync %d\n", epoch, NAME(next_primary), next_members);
  if
  :: successor == next_primary -> successor = NOBODY
  :: else
  fi;
  if
  :: successor == NOBODY -> forget_heads()
  :: else
  fi;
  forget_report();
  next_primary = 0;
  next_members = 0;
  check_in_sync()
}

/* What the record's primary said of the record before is no word on this one. */
inline forget_report() {
  reported = BEHIND; r_drained = 0;
  r_wish = 0
}

inline forget_heads() {
  r_head[0] = 0; r_head[1] = 0;
#if NODES > 2
  r_head[2] = 0
#endif
}

#define SAID(n) (acting[n] == epoch -> ACTS : (acting[n] == 0 && (promise[n] >= epoch || STANDS_DOWN_BY_DISK(n)) -> STANDS_DOWN : BEHIND))
#define SAID_DRAINED(n) (acting[n] == epoch && role[n] == DRAINING && batch[n] == 0)
#define SAID_WISH(n) (acting[n] == epoch -> wish[n] : 0)
#define SAID_HEAD(n) (successor == NOBODY -> 0 : END(n))
#define REPORT_IS_NEW(n) (life[n] != ALIVE || r_head[n] != SAID_HEAD(n) || DISK_REPORT_IS_NEW(n) || ANSWER_IS_NEW(n) || \
    (n == NOW_PRIMARY && (reported != SAID(n) || r_drained != SAID_DRAINED(n) || r_wish != SAID_WISH(n))))

inline take_report(n) {
  printf("the monitor hears from %c: promise %d, acts under %d, head %d, wish %d, drained %d\n", NAME(n), promise[n],
         acting[n], HEAD(n), wish[n], role[n] == DRAINING && batch[n] == 0);
#ifdef STALE_WISH
  if
  :: n == NOW_PRIMARY && r_wish != 0 -> late_wish = r_wish
  :: else
  fi;
#endif
  life[n] = ALIVE;
  r_head[n] = SAID_HEAD(n);
  take_disk_report(n);
  take_answer(n);
  if
  :: n == NOW_PRIMARY ->
     reported = SAID(n);
     r_drained = SAID_DRAINED(n);
     r_wish = SAID_WISH(n)
  :: else
  fi
}

inline take_for_lost(n) {
  life[n] = LOST;
  r_head[n] = 0;
  forget_disk_report(n);
  if
  :: n == NOW_PRIMARY -> forget_report()
  :: else
  fi
}

#define CLEARED(n) (life[n] == UNKNOWN)
#if NODES > 2
#define ALL_CLEARED (CLEARED(0) && CLEARED(1) && CLEARED(2))
#define ALL_HEARD (life[0] == ALIVE && life[1] == ALIVE && life[2] == ALIVE)
#else
#define ALL_CLEARED (CLEARED(0) && CLEARED(1))
#define ALL_HEARD (life[0] == ALIVE && life[1] == ALIVE)
#endif

#define ABOUT(n) \
  /* An echo newer than the last; what was on its way longer is thrown away by its number. */ \
  :: d_step { !served && UP(n) && REPORT_IS_NEW(n) -> take_report(n) } \
  /* It crashed, or is wrongly suspected. */ \
  :: d_step { !served && life[n] != LOST && !quiet -> \
       printf("the monitor takes %c for lost\n", NAME(n)); \
       take_for_lost(n) } \
  :: d_step { MAY_WRITE && epoch == 0 && ALL_HEARD && n == 0 -> \
       printf("M2: "); \
       next_primary = n; \
       next_members = ONE(n); \
       write_record() } \
  :: d_step { MAY_WRITE && epoch > 0 && !FIT && ELIGIBLE(n) -> \
       printf("M6: "); \
       successor = NOBODY; \
       next_primary = n; \
       next_members = ONE(n); \
       write_record() } \
  BEGIN_ANEW(n) \
  :: d_step { MAY_WRITE && epoch > 0 && FIT && n != NOW_PRIMARY && (WISHES(DROP(n)) || TO_BE_DROPPED(n)) -> \
       printf("M9: "); \
       next_primary = NOW_PRIMARY; \
       next_members = (in_sync_of[epoch] & ~ONE(n)); \
       write_record() } \
  :: d_step { MAY_WRITE && epoch > 0 && FIT && n != NOW_PRIMARY && WISHES(ADMIT(n)) && !IN(in_sync_of[epoch], n) && MAY_BE_ADMITTED(n) -> \
       printf("M10: "); \
       next_primary = NOW_PRIMARY; \
       next_members = (in_sync_of[epoch] | ONE(n)); \
       write_record() } \
  :: d_step { MAY_WRITE && epoch > 0 && FIT && successor == n && IN(in_sync_of[epoch], n) && life[NOW_PRIMARY] == ALIVE && \
              reported == ACTS && r_wish == 0 && r_drained && SAME_HEAD(n) -> \
       printf("M11: "); \
       next_primary = n; \
       next_members = MEMBERS_WITH_SAME_HEAD; \
       write_record() } \
  /* An operator asks for a switchover, or the preferred node is back. */ \
  :: d_step { SWITCHOVERS && RECORD_THERE && !served && !quiet && epoch > 0 && successor == NOBODY && n != NOW_PRIMARY && IN(in_sync_of[epoch], n) && life[n] == ALIVE -> \
       printf("a switchover to %c is asked for\n", NAME(n)); \
       successor = n } \
  :: d_step { !served && successor == n -> \
       printf("the switchover to %c is given up\n", NAME(n)); \
       successor = NOBODY; \
       forget_heads() }

inline forget_life(n) {
  life[n] = UNKNOWN
}

inline restart_monitor() {
  successor = NOBODY;
  forget_heads();
  forget_report();
  forget_disk_reports();
  forget_life(0);
#if NODES > 2
  forget_life(2);
#endif
  forget_life(1)
}

proctype monitor() {
  do
  ABOUT(0)
  ABOUT(1)
#if NODES > 2
  ABOUT(2)
#endif
  :: d_step { !served && !quiet && (!ALL_CLEARED || successor != NOBODY) ->
       printf("the monitor restarts\n");
       restart_monitor()
     }
  LOSE_RECORD
  od
}
