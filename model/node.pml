/* A node's role: the rules N1 to N33 of `sportapp failover table`. */

inline forget_leading(n) {
  acting[n] = 0; batch[n] = 0; written[n] = 0; outdated[n] = 0; acks[n] = 0; reached[n] = 0; pledged[n] = 0; wish[n] = 0;
#ifdef RESTART_LEADS
  alone[n] = 0;
#endif
  j = 0;
  do
  :: j < NODES ->
     if
     :: frame[LINK(n, j)] >= ACK -> clear_link(n, j)  /* answers reach nobody; frames may still arrive */
     :: else
     fi;
     j++
  :: else -> break
  od; j = 0
}

inline clear_link(p, f) {
  frame[LINK(p, f)] = NONE; f_epoch[LINK(p, f)] = 0; f_previous[LINK(p, f)] = 0; f_batch[LINK(p, f)] = 0
}

/* What is open is rolled back, or stays where it is written, and nobody gets an answer of it (N12, N13, N25 to N27). */
inline abdicate(n) {
  printf("  %c abdicates\n", NAME(n));
  role[n] = WAITING;
  forget_leading(n)
}

/* Act on the record told: N10, N17. A pledge ends by a record with a higher epoch. */
inline lead(n) {
  printf("  %c acts as primary of epoch %d\n", NAME(n), told[n]);
  if
  :: acting[n] == 0 ->
     if
     :: told[n] == epoch ->
        look_for_acknowledged(n);
        assert(i || LIED_TO);  /* the new primary holds all that was acknowledged */
        i = 0
     :: else
     fi
  :: else
  fi;
  role[n] = PRIMARY;
  acting[n] = told[n];
  settles_alone(n);
  pledged[n] = 0;
  wish[n] = 0
}

inline save_promise(n) {
  saving[n] = told[n];
#ifdef ACT_BEFORE_PROMISE
  lead(n)
#endif
}

#ifdef DRAIN_FIRST
#define MAY_ACT(n) (role[n] == PRIMARY || batch[n] == 0)
#else
#define MAY_ACT(n) 1
#endif

/* The table of the node. Whatever it is asked to do twice changes nothing. */
inline obey(n) {
  if
  :: role[n] == WAITING && MINE(n) && told[n] > promise[n] && saving[n] == 0 && MAY_LEAD(n) ->  /* N3, N6 */
     role[n] = PROMISING;
     save_promise(n)
  :: role[n] == PROMISING && saving[n] == 0 && !MINE(n) -> role[n] = WAITING           /* N8 */
  :: role[n] == PROMISING && saving[n] == 0 && MINE(n) && told[n] > promise[n] -> save_promise(n)  /* N9 */
  :: role[n] == PROMISING && saving[n] == 0 && MINE(n) && told[n] <= promise[n] -> lead(n)         /* N10 */
  :: LEADS(n) && told[n] != acting[n] && !MINE(n) -> abdicate(n)                       /* N13, N25 */
  :: LEADS(n) && MINE(n) && told[n] > promise[n] && saving[n] == 0 -> save_promise(n)  /* N14 */
  :: LEADS(n) && MINE(n) && told[n] <= promise[n] && saving[n] == 0 && told[n] != acting[n] && MAY_ACT(n) -> lead(n)  /* N17 */
  :: role[n] == DRAINING && told[n] == acting[n] && !hand_over[n] && batch[n] == 0 -> role[n] = PRIMARY  /* N22 */
  :: else
  fi;
  if
  :: role[n] == PRIMARY && hand_over[n] && told[n] == acting[n] && saving[n] == 0 ->   /* N18 */
     printf("  %c drains\n", NAME(n));
     role[n] = DRAINING
  :: else
  fi
}

/* N11, N12 */
inline overrule(n) {
  if
  :: LEADS(n) -> abdicate(n)
  :: else
  fi
}

/* A ping arrives: that of the current record, or a late one. */
#define HAND_OVER_NOW(n, e) ((e) == epoch && primary_of[e] == (n) && successor != NOBODY)
#define TELL(n, e) \
  :: d_step { !served && UP(n) && e > 0 && ((e == epoch && RECORD_THERE) || (LATE_PINGS && !quiet && e <= LAST_WRITTEN && HEARS(n, e))) && \
              e >= told[n] && (e > told[n] || hand_over[n] != HAND_OVER_NOW(n, e) || ABLE_AGAIN(n, e)) -> \
       printf("%c is told: epoch %d, primary %c, in sync %d, hand over %d\n", NAME(n), e, NAME(primary_of[e]), \
              in_sync_of[e], HAND_OVER_NOW(n, e)); \
       told[n] = e; \
       hand_over[n] = HAND_OVER_NOW(n, e); \
       obey(n) }
