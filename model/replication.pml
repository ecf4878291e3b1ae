/* A primary and those who follow it: greeting, what is lacking, frames, wishes. */

#ifdef TAKE_ANY_EPOCH
#define PROMISED_TO_TAKE(f) 0
#define TAKES_ANY 1
#else
#define PROMISED_TO_TAKE(f) PROMISED(f)
#define TAKES_ANY 0
#endif

#ifdef ACT_BEFORE_PROMISE
#define EARLY 1
#else
#define EARLY 0
#endif

/* Greeting a node and bringing it what it lacks: an entry at a time, or a snapshot where it has what p has not.
   As it is a dialogue in which p keeps still for f, each step is one here; a loss is that it does not happen. */
inline greet(p, f) {
  if
  :: PROMISED_TO_TAKE(f) > acting[p] ->
     printf("%c refuses %c: it promised %d\n", NAME(f), NAME(p), PROMISED(f));
     overrule(p)
  :: else ->
     if
     :: LEADS(f) ->
        printf("%c hears of %c as primary of epoch %d\n", NAME(f), NAME(p), acting[p]);
        overrule(f)
     :: else ->
        if
        :: promise[f] < acting[p] && saving[f] == 0 && TAKES_ENTRIES(p, f) ->
           printf("%c is to promise %d to %c\n", NAME(f), acting[p], NAME(p));
           saving[f] = acting[p]
        :: else
        fi;
        if
        :: TAKES_ENTRIES(p, f) && (EARLY || TAKES_ANY || promise[f] == acting[p]) -> bring(p, f)
        :: else
        fi
     fi
  fi
}

/* i = 1: f's journal begins p's. Uses j. */
inline compare(p, f) {
  i = (length[f] <= length[p]);
  j = 0;
  do
  :: i && j < length[f] ->
     i = (journal[p * ENTRIES + j] == journal[f * ENTRIES + j]);
     j++
  :: else -> break
  od; j = 0
}

#define HAS_ALL(p, f) (HEAD(f) == HEAD(p) || (batch[p] != 0 && batch[p] != CONFIRM && HEAD(f) == batch[p]))
inline bring(p, f) {
  if
  :: LACKS_SETTLED(p, f) -> stop_leading(p, f)
  :: !LACKS_SETTLED(p, f) && !NEEDS_COPY(f) && HAS_ALL(p, f) ->
     printf("%c has all that %c has\n", NAME(f), NAME(p));
     reached[p] = reached[p] | ONE(f);
     if
     :: batch[p] != 0 && HEAD(f) == batch[p] -> acks[p] = acks[p] | ONE(f)
     :: else
     fi;
     if
     :: wish[p] == DROP(f) -> wish[p] = 0
     :: else
     fi
  :: else ->
     compare(p, f);
     i = i && !NEEDS_COPY(f);
     if
     :: i ->
        i = 0;
        printf("%c gets entry %d from %c\n", NAME(f), journal[p * ENTRIES + length[f]], NAME(p));
        journal[f * ENTRIES + length[f]] = journal[p * ENTRIES + length[f]];
        settles(f, HEAD(f));
        length[f] = length[f] + 1;
        has_more(f)
     :: else ->
        printf("%c gets a snapshot from %c\n", NAME(f), NAME(p));
        look_for_overwritten(p, f);
        j = 0;
        do
        :: j < ENTRIES -> journal[f * ENTRIES + j] = journal[p * ENTRIES + j]; j++
        :: else -> break
        od; j = 0;
        length[f] = length[p];
        whole_again(p, f)
     fi;
     check_in_sync()
  fi
}

#define GREETABLE(p, f) (LEADS(p) && UP(f) && !IN(reached[p], f) && \
    (PROMISED(f) > acting[p] || LEADS(f) || (role[f] == WAITING && TAKES_ENTRIES(p, f) && (promise[f] == acting[p] -> !WAITS_FOR_DROP(p, f) : (saving[f] == 0 || EARLY)))))
/* f takes the frame of p. */
inline deliver(p, f) {
  if
  :: PROMISED_TO_TAKE(f) > f_epoch[LINK(p, f)] ->
     printf("%c refuses a frame of %c: it promised %d\n", NAME(f), NAME(p), PROMISED(f));
     if
     :: LEADS(p) && acting[p] < PROMISED(f) ->
        frame[LINK(p, f)] = REFUSE;
        f_epoch[LINK(p, f)] = PROMISED(f);
        f_previous[LINK(p, f)] = 0;
        f_batch[LINK(p, f)] = 0
     :: else -> clear_link(p, f)
     fi
  :: else ->
     if
     :: LEADS(f) -> overrule(f)
     :: else ->
        if
        :: promise[f] < f_epoch[LINK(p, f)] && saving[f] == 0 -> saving[f] = f_epoch[LINK(p, f)]
        :: else
        fi;
        if
        :: role[f] == WAITING && (EARLY || promise[f] >= f_epoch[LINK(p, f)] || TAKES_ANY) -> take_entry(p, f)
        :: else
        fi
     fi
  fi
}
inline acknowledge(p, f) {
  settles(f, f_previous[LINK(p, f)]);
  if
  :: LEADS(p) && f_batch[LINK(p, f)] == batch[p] ->
     look_for_acknowledged(f);
     assert(i || LIED_TO || acting[p] != epoch);  /* who acknowledges has all that was acknowledged before */
     i = 0;
     frame[LINK(p, f)] = ACK;
     f_epoch[LINK(p, f)] = 0;
     f_previous[LINK(p, f)] = 0
  :: else -> clear_link(p, f)  /* nobody waits for it */
  fi
}

inline take_entry(p, f) {
  if
  :: f_batch[LINK(p, f)] != CONFIRM && HEAD(f) == f_batch[LINK(p, f)] -> acknowledge(p, f)
  :: HEAD(f) == f_previous[LINK(p, f)] && f_batch[LINK(p, f)] == CONFIRM -> acknowledge(p, f)
  :: HEAD(f) == f_previous[LINK(p, f)] && f_batch[LINK(p, f)] != CONFIRM ->
     printf("%c has batch %d of %c on disk\n", NAME(f), f_batch[LINK(p, f)], NAME(p));
     journal[f * ENTRIES + length[f]] = f_batch[LINK(p, f)];
     length[f] = length[f] + 1;
     acknowledge(p, f);
     check_in_sync()
  :: else ->
     printf("a frame of %c does not fit the journal of %c\n", NAME(p), NAME(f));
     clear_link(p, f);
     reached[p] = reached[p] & ~ONE(f)
  fi
}

#define DELIVERABLE(p, f) (UP(f) && frame[LINK(p, f)] == APPEND && \
    (PROMISED(f) > f_epoch[LINK(p, f)] || LEADS(f) || (role[f] == WAITING && (promise[f] == f_epoch[LINK(p, f)] || saving[f] == 0 || EARLY))))

/* p as primary, towards f. */
#ifdef ADMIT_EARLY
#define MAY_ADMIT(p, f) (UP(f) && promise[f] == acting[p])
#define PLEDGE(p, f) 0
#else
#define MAY_ADMIT(p, f) IN(reached[p], f)
#define PLEDGE(p, f) ONE(f)
#endif
#ifdef PLEDGE_TAKEN_BACK
#define PLEDGE_AFTER_DROP(p, f) (pledged[p] & ~ONE(f))
#else
#define PLEDGE_AFTER_DROP(p, f) pledged[p]
#endif

#ifdef LATE_LINK_STAYS
#define REACHED_AFTER_DROP(p, f) reached[p]
#else
#define REACHED_AFTER_DROP(p, f) (reached[p] & ~ONE(f))
#endif

#define TOWARDS(p, f) \
  :: d_step { !served && UP(p) && GREETABLE(p, f) -> greet(p, f) } \
  :: d_step { !served && UP(p) && LEADS(p) && batch[p] != 0 && IN(reached[p], f) && !IN(acks[p], f) && frame[LINK(p, f)] == NONE -> \
       printf("%c ships batch %d of epoch %d to %c\n", NAME(p), batch[p], acting[p], NAME(f)); \
       frame[LINK(p, f)] = APPEND; \
       f_epoch[LINK(p, f)] = acting[p]; \
       f_previous[LINK(p, f)] = END(p); \
       f_batch[LINK(p, f)] = batch[p] } \
  :: d_step { !served && DELIVERABLE(p, f) -> deliver(p, f) } \
  :: d_step { !served && frame[LINK(p, f)] == ACK -> \
       if \
       :: LEADS(p) && f_batch[LINK(p, f)] == batch[p] -> acks[p] = acks[p] | ONE(f) \
       :: else \
       fi; \
       clear_link(p, f) } \
  :: d_step { !served && frame[LINK(p, f)] == REFUSE -> \
       if \
       :: LEADS(p) && f_epoch[LINK(p, f)] > acting[p] -> clear_link(p, f); overrule(p) \
       :: else -> clear_link(p, f) \
       fi } \
  /* A link broke, or an ack is late: then it is closed. */ \
  :: d_step { !served && LEADS(p) && IN(in_sync_of[acting[p]] | pledged[p], f) && wish[p] != DROP(f) && \
              (!IN(reached[p], f) || ((!quiet || !UP(f)) && batch[p] != 0 && !IN(acks[p], f))) -> \
       printf("%c wishes to drop %c\n", NAME(p), NAME(f)); \
       pledged[p] = PLEDGE_AFTER_DROP(p, f); \
       reached[p] = REACHED_AFTER_DROP(p, f); \
       wish[p] = DROP(f) } \
  :: d_step { !served && LEADS(p) && !IN(in_sync_of[acting[p]], f) && MAY_ADMIT(p, f) && wish[p] != ADMIT(f) && wish[p] % 2 == 0 -> \
       printf("%c wishes to admit %c\n", NAME(p), NAME(f)); \
       pledged[p] = pledged[p] | PLEDGE(p, f); \
       wish[p] = ADMIT(f) } \
  /* Faults: a frame or an answer is lost, a link breaks. */ \
  :: d_step { LOST_FRAMES && !served && !quiet && frame[LINK(p, f)] != NONE -> \
       printf("what was on its way between %c and %c is lost\n", NAME(p), NAME(f)); \
       clear_link(p, f) } \
  :: d_step { !served && (!quiet || !UP(f)) && IN(reached[p], f) -> \
       printf("the link from %c to %c breaks\n", NAME(p), NAME(f)); \
       reached[p] = reached[p] & ~ONE(f) }
