/*
 * The monitor's record is lost once, no disk of a node is: RECORD_LOSS. What nodes have promised or were told is all that
 * there is of it then (M3, M14).
 */
#ifdef RECORD_LOSS
#if NODES > 2
#error the loss of the record is modelled for two nodes
#endif

bit record_lost, may_lose = 1;
byte lost_at;                /* the last epoch of the record that was lost */
bit bound[NODES];            /* it answered the new monitor: its link to the old one is gone */
/* What it answered. */
byte r_promise[NODES], r_told[NODES], r_acting[NODES], r_holds[NODES];
bit r_pending[NODES];        /* it was told to be primary, and is about to act on it */

#define HIGHER(x, y) ((x) > (y) -> (x) : (y))
#define OTHER(n) (1 - (n))
#define RECORD_THERE (!record_lost)
#define LAST_WRITTEN HIGHER(epoch, lost_at)
#ifdef OLD_MONITOR_HEARD
#define HEARS(n, e) 1
#else
#define HEARS(n, e) (!bound[n] || (e) > lost_at)
#endif
#define SAYS_TOLD(n) HIGHER(told[n], PROMISED(n))
/* Whether its journal holds the head of the other, where that is no longer. */
#define SAYS_HOLDS(n) (LENGTH(OTHER(n)) > LENGTH(n) || HOLDS(n, END(OTHER(n))))
#define SAYS_PENDING(n) (role[n] == PROMISING || (primary_of[told[n]] == n && told[n] != acting[n] && told[n] > promise[n]))
#define ANSWER_IS_NEW(n) (record_lost && (!bound[n] || r_promise[n] != promise[n] || r_told[n] != SAYS_TOLD(n) || \
    r_acting[n] != acting[n] || r_holds[n] != 1 + LENGTH(n) + 4 * SAYS_HOLDS(n) || r_pending[n] != SAYS_PENDING(n)))

inline take_answer(n) {
  if
  :: record_lost ->
     bound[n] = 1;
     r_promise[n] = promise[n]; r_told[n] = SAYS_TOLD(n); r_acting[n] = acting[n];
     r_holds[n] = 1 + LENGTH(n) + 4 * SAYS_HOLDS(n);
     r_pending[n] = SAYS_PENDING(n)
  :: else
  fi
}

#define R_LENGTH(n) (r_holds[n] % 4 - 1)
#define ANSWERED(n) (life[n] == ALIVE && bound[n] && r_promise[n] > 0)
#ifdef RECORD_LOST_GUESS
#define ALL_ANSWERED(n) ANSWERED(n)
#else
#define ALL_ANSWERED(n) (ANSWERED(0) && ANSWERED(1))
#endif
#ifdef PENDING_IGNORED
#define PENDING(n) 0
#else
#define PENDING(n) r_pending[n]
#endif
/* It goes on as primary: nobody has promised more. */
#define GOES_ON(n) (r_acting[n] != 0 && HIGHER(r_promise[0], r_promise[1]) <= r_acting[n])
/* Else the longest, which holds the others. Not while another is about to lead by the record that was lost. */
#define MAY_BEGIN(n) (!PENDING(OTHER(n)) && (GOES_ON(n) || (!GOES_ON(OTHER(n)) && !PENDING(n) && \
    R_LENGTH(n) >= R_LENGTH(OTHER(n)) && r_holds[n] > 4 && r_holds[OTHER(n)] > 4)))
#ifdef RECORD_LOST_OLD_EPOCH
#define NEXT_EPOCH HIGHER(r_promise[0], r_promise[1])
#else
#define NEXT_EPOCH (1 + HIGHER(r_told[0], r_told[1]))
#endif

#define LOSE_RECORD \
  :: d_step { !served && !quiet && may_lose && epoch > 0 && epoch < EPOCHS -> \
       printf("the monitor restarts, and its record is lost\n"); \
       may_lose = 0; record_lost = 1; lost_at = epoch; \
       restart_monitor() }

#define BEGIN_ANEW(n) \
  :: d_step { !served && record_lost && (quiet || epoch < EPOCHS) && ALL_ANSWERED(n) && MAY_BEGIN(n) -> \
       printf("M14: "); \
       record_lost = 0; \
       epoch = NEXT_EPOCH - 1; \
       next_primary = n; \
       next_members = ONE(n); \
       forget_answer(0); forget_answer(1); \
       write_record() }

inline forget_answer(n) {
  r_promise[n] = 0; r_told[n] = 0; r_acting[n] = 0; r_holds[n] = 0; r_pending[n] = 0
}

#else
#define RECORD_THERE 1
#define LAST_WRITTEN (epoch - 1)
#define HEARS(n, e) 1
#define ANSWER_IS_NEW(n) 0
#define LOSE_RECORD
#define BEGIN_ANEW(n)
inline take_answer(n) { skip }
#endif
