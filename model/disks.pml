/*
 * A node's files are not what they were. DISKS: so many faults of a node's disk. Without it nothing of this is in the
 * model. LIES: an old copy of everything may also lack only what the monitor has not heard of, which nobody can know;
 * then losing that is allowed, and what is looked at is only that it overwrites nothing known to be acknowledged.
 */
#if ENTRIES > 1
#define HOLDS(n, head) ((head) == 0 || (length[n] > 0 && journal[(n) * ENTRIES] == (head)) || \
    (length[n] > 1 && journal[(n) * ENTRIES + 1] == (head)))
#else
#define HOLDS(n, head) ((head) == 0 || (length[n] > 0 && journal[(n) * ENTRIES] == (head)))
#endif

#ifdef DISKS

/* On a node's disk, beside promise and journal. The mark is exact, so a journal that it does not fit is all that it has to
   say, and what it knows to be settled. Found at the start. */
#define SHORT 1
#define CHANGED_ENTRY 2
byte damaged[NODES];
byte settled[NODES];    /* the last entry known to be committed */
/* In its memory: as primary it met a node that has a settled entry which it lacks. */
bit missing[NODES];

/* The monitor, on disk as soon as in memory: what each primary must hold. */
byte floor;
/* What it knows of each node, by its last echo. */
#define WELL 0
#define UNABLE 1
#define LACKS 2         /* damaged, or not holding the floor */
#define BLANK 3         /* without a promise: it lost its folder, or was not heard yet */
byte said[NODES];

/* Ghosts. */
byte faults_left = DISKS;
#ifdef LIES
bit lied_to;            /* an old copy that nobody can tell for one */
#define LIED_TO lied_to
#define MAY_LIE 1
#else
#define LIED_TO 0
#define MAY_LIE 0
#endif

#define CHANGED(n) (damaged[n] == CHANGED_ENTRY)
/* As far as node and monitor can know. */
#define WHOLE(n) (!damaged[n] && promise[n] > 0 && HOLDS(n, floor))
#define SEEN_TO_LACK(n) (!WHOLE(n))
#define WHOLE_MEMBER(n) (UP(n) && IN(in_sync_of[epoch], n) && WHOLE(n))
#if NODES > 2
#define NEEDS_A_PERSON (!WHOLE_MEMBER(0) && !WHOLE_MEMBER(1) && !WHOLE_MEMBER(2))
#else
#define NEEDS_A_PERSON (!WHOLE_MEMBER(0) && !WHOLE_MEMBER(1))
#endif
#define OTHER_IS_WHOLE(n, m) ((n) != (m) && IN(in_sync_of[epoch], m) && WHOLE(m))
#if NODES > 2
#define WHOLE_WITHOUT(n) (OTHER_IS_WHOLE(n, 0) || OTHER_IS_WHOLE(n, 1) || OTHER_IS_WHOLE(n, 2))
#else
#define WHOLE_WITHOUT(n) (OTHER_IS_WHOLE(n, 0) || OTHER_IS_WHOLE(n, 1))
#endif

/* ---- a node ---- */

/* The folder is gone, and the record that it was told counts on what was in it; or it was told none yet. */
#define LOST_FOLDER(n) (promise[n] == 0 && (told[n] == 0 || IN(in_sync_of[told[n]], n)))
#if defined(PROMOTE_SHORTER)
#define MAY_LEAD(n) 1
#elif defined(LEAD_WITHOUT_FLOOR)
#define MAY_LEAD(n) (!LOST_FOLDER(n) && !damaged[n] && !missing[n])
#else
#define MAY_LEAD(n) (!LOST_FOLDER(n) && !damaged[n] && !missing[n] && HOLDS(n, floor))
#endif
/* p counts on f, as it says when it greets it. */
#define COUNTS_ON(p, f) IN(in_sync_of[acting[p]] | pledged[p], f)
#ifdef BLANK_FOLLOWS
#define MAY_PROMISE_ANEW(p, f) 1
#else
#define MAY_PROMISE_ANEW(p, f) (promise[f] > 0 || !COUNTS_ON(p, f))
#endif
/* Nor does one follow before it was told the floor, or where the record counts on it and it does not hold it. */
#ifdef UNTOLD_FOLLOWS
#define KNOWS_FLOOR(f) 1
#else
#define KNOWS_FLOOR(f) (told[f] > 0 && (HOLDS(f, floor) || !IN(in_sync_of[told[f]], f)))
#endif
#define TAKES_ENTRIES(p, f) (!LOST_FOLDER(f) && MAY_PROMISE_ANEW(p, f) && KNOWS_FLOOR(f))
#ifdef DAMAGED_ACKS
#define NEEDS_COPY(f) 0
#else
#define NEEDS_COPY(f) damaged[f]
#endif
/* A copy comes when nothing counts on the node any more (P15 to P17). */
#ifdef PART_BY_PART
#define WAITS_FOR_DROP(p, f) (NEEDS_COPY(f) && COUNTS_ON(p, f))
#else
#define WAITS_FOR_DROP(p, f) ((NEEDS_COPY(f) || !HOLDS(f, END(p))) && COUNTS_ON(p, f))
#endif
#ifdef NO_GREETING_CHECK
#define LACKS_SETTLED(p, f) 0
#else
#define LACKS_SETTLED(p, f) (!HOLDS(p, settled[f]))
#endif

#ifdef SETTLED_AT_LEAD
#define SETTLES_ALONE(n) 1
#else
#define SETTLES_ALONE(n) (in_sync_of[told[n]] == ONE(n))
#endif

inline settles(n, head) {
  if
  :: HOLDS(n, head) && head != 0 && settled[n] != HEAD(n) -> settled[n] = head
  :: else
  fi
}

/* n begins to lead. Where others are in sync, what is last in its journal may not be in theirs; nor is a batch under way. */
inline settles_alone(n) {
  if
  :: SETTLES_ALONE(n) -> settles(n, END(n))
  :: else
  fi
}

/* p has met a node that has what it lacks. */
inline stop_leading(p, f) {
  printf("%c lacks what %c knows to be settled, and stops\n", NAME(p), NAME(f));
  assert(LIED_TO);  /* the rules leave no other way to that */
  missing[p] = 1;
  abdicate(p)
}

/* f got an entry. */
inline has_more(f) {
  missing[f] = 0
}

/* f got the journal of p. */
inline whole_again(p, f) {
  damaged[f] = 0; missing[f] = 0;
  settled[f] = 0
}

/* Before the journal of f is replaced by that of p. */
inline look_for_overwritten(p, f) {
  assert(HOLDS(p, settled[f]))  /* nothing known to be settled is overwritten */
}

inline forget_process(n) { missing[n] = 0 }

/* ---- the faults: what is on disk changes while it is down ---- */

/* Its links are new, too: what was on its way to the last process is gone. */
inline fault_of_disk(n) {
  crash(n);
  faults_left--;
  j = 0;
  do
  :: j < NODES ->
     clear_link(j, n);
     reached[j] = reached[j] & ~ONE(n);
     acks[j] = acks[j] & ~ONE(n);
     j++
  :: else -> break
  od; j = 0
}

inline cut_journal(n, least) {
  length[n] = least;
  j = least;
  do
  :: j < ENTRIES -> journal[n * ENTRIES + j] = 0; j++
  :: else -> break
  od; j = 0
}

inline put_back_old_copy(n, least) {
#ifdef LIES
  lied_to = lied_to || floor == 0 || (least > 0 && journal[n * ENTRIES] == floor);
#endif
  fault_of_disk(n);
  damaged[n] = 0;
  settled[n] = 0;
  cut_journal(n, least)
}

#define MAY_FAIL (!served && !quiet && faults_left > 0)
/* Of those copies that lack something only: others are nodes that crashed. */
#define MAY_BE_OLD(n) (length[n] > 0 && (MAY_LIE || floor != 0))
#if ENTRIES > 1
#define FAULTS_OF_LAST(n) \
  :: d_step { MAY_FAIL && length[n] > 1 -> \
       printf("the disk of %c forgets its last entry\n", NAME(n)); \
       fault_of_disk(n); \
       damaged[n] = SHORT; \
       cut_journal(n, 1) } \
  :: d_step { MAY_FAIL && length[n] > 1 && (MAY_LIE || (floor != 0 && floor != journal[n * ENTRIES])) -> \
       printf("a copy of %c from before its last entry is put back\n", NAME(n)); \
       put_back_old_copy(n, 1) }
#else
#define FAULTS_OF_LAST(n)
#endif
#define DISK_FAULTS(n) \
  :: d_step { MAY_FAIL && length[n] > 0 -> \
       printf("the disk of %c forgets its journal\n", NAME(n)); \
       fault_of_disk(n); \
       damaged[n] = SHORT; \
       cut_journal(n, 0) } \
  FAULTS_OF_LAST(n) \
  :: d_step { MAY_FAIL && promise[n] > 0 -> \
       printf("the disk of %c forgets everything\n", NAME(n)); \
       fault_of_disk(n); \
       promise[n] = 0; damaged[n] = 0; settled[n] = 0; \
       cut_journal(n, 0) } \
  :: d_step { MAY_FAIL && length[n] > 0 -> \
       printf("an entry in the journal of %c changes\n", NAME(n)); \
       fault_of_disk(n); \
       damaged[n] = CHANGED_ENTRY } \
  /* Of a time when it had promised as much, or of the very beginning. */ \
  :: d_step { MAY_FAIL && MAY_BE_OLD(n) -> \
       printf("an old copy of all of %c is put back\n", NAME(n)); \
       put_back_old_copy(n, 0) } \
  :: d_step { MAY_FAIL && MAY_BE_OLD(n) && promise[n] > 1 -> \
       printf("a copy of %c from the very beginning is put back\n", NAME(n)); \
       put_back_old_copy(n, 0); \
       promise[n] = 1 }

/* ---- the monitor ---- */

#define SAYS(n) (promise[n] == 0 -> BLANK : (damaged[n] || !HOLDS(n, floor) -> LACKS : (missing[n] -> UNABLE : WELL)))
#define REPORTS_FLOOR(n) (n == NOW_PRIMARY && acting[n] == epoch && floor != END(n))
#define DISK_REPORT_IS_NEW(n) (said[n] != SAYS(n) || REPORTS_FLOOR(n))
#define STANDS_DOWN_BY_DISK(n) (promise[n] == 0 || damaged[n] || missing[n] || !HOLDS(n, floor))
#ifdef PROMOTE_SHORTER
#define FIT_BY_DISK(n) 1
#else
#define FIT_BY_DISK(n) (said[n] == WELL)
#endif
/* M9 without being asked: a member that lacks something. */
#define TO_BE_DROPPED(n) (life[NOW_PRIMARY] == ALIVE && reported == ACTS && IN(in_sync_of[epoch], n) && life[n] == ALIVE && said[n] >= LACKS)
#ifdef ADMIT_AND_DROP
#define MAY_BE_ADMITTED(n) (said[n] != BLANK)
#else
#define MAY_BE_ADMITTED(n) (said[n] < LACKS)
#endif
/* Told again: what it lacked it has now. */
#define ABLE_AGAIN(n, e) ((e) == told[n] && role[n] == WAITING && MINE(n) && told[n] > promise[n] && saving[n] == 0 && MAY_LEAD(n))

inline take_disk_report(n) {
  said[n] = SAYS(n);
  if
  :: REPORTS_FLOOR(n) -> floor = END(n)
  :: else
  fi
}

inline forget_disk_report(n) {
  said[n] = (said[n] == BLANK -> BLANK : WELL)
}

inline hear_of_disk(n) { said[n] = WELL }

inline forget_disk_reports() {
  said[0] = BLANK; said[1] = BLANK;
#if NODES > 2
  said[2] = BLANK;
#endif
#ifdef FLOOR_FORGOTTEN
  floor = 0
#endif
}

#else
#define NEEDS_A_PERSON 0
#define LIED_TO 0
#define SEEN_TO_LACK(n) 0
#define CHANGED(n) 0
#define WHOLE_WITHOUT(n) 1
#define MAY_LEAD(n) 1
#define TAKES_ENTRIES(p, f) 1
#define NEEDS_COPY(f) 0
#define WAITS_FOR_DROP(p, f) 0
#define LACKS_SETTLED(p, f) 0
#define DISK_FAULTS(n)
#define DISK_REPORT_IS_NEW(n) 0
#define STANDS_DOWN_BY_DISK(n) 0
#define FIT_BY_DISK(n) 1
#define TO_BE_DROPPED(n) 0
#define MAY_BE_ADMITTED(n) 1
#define ABLE_AGAIN(n, e) 0
inline settles(n, head) { skip }
inline settles_alone(n) { skip }
inline look_for_overwritten(p, f) { skip }
inline stop_leading(p, f) { skip }
inline has_more(f) { skip }
inline whole_again(p, f) { skip }
inline forget_process(n) { skip }
inline take_disk_report(n) { skip }
inline forget_disk_report(n) { skip }
inline forget_disk_reports() { skip }
inline hear_of_disk(n) { skip }
#endif
