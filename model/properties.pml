/* What must hold, and where that is looked at. */

/* i = 1: every acknowledged entry is in the node's journal. Uses j. */
inline look_for_acknowledged(n) {
  i = !(CHANGED(n) && acknowledged[0] != 0);
  j = 0;
  do
  :: j < ENTRIES && acknowledged[j] != 0 ->
     if
     :: j >= length[n] || journal[(n) * ENTRIES + j] != acknowledged[j] -> i = 0
     :: else
     fi;
     j++
  :: else -> break
  od; j = 0
}


inline check_node_in_sync(n) {
  if
  :: epoch > 0 && IN(in_sync_of[epoch], n) ->
     look_for_acknowledged(n);
     assert(i || SEEN_TO_LACK(n) || LIED_TO);  /* each node in sync holds all that was acknowledged, or is seen not to */
     i = 0
  :: else
  fi
}

inline check_in_sync() {
  check_node_in_sync(0);
  check_node_in_sync(1);
#if NODES > 2
  check_node_in_sync(2);
#endif
}

/* The client of p's batch gets its answer, which rests on all that is in the journal. */
inline answer_entry(p) {
  assert(primary_of[acting[p]] == p);  /* one primary an epoch */
  j = 0;
  do
  :: j < length[p] ->
     assert(acknowledged[j] == 0 || acknowledged[j] == journal[p * ENTRIES + j] || LIED_TO);  /* nothing else was acknowledged there */
     acknowledged[j] = journal[p * ENTRIES + j];
     j++
  :: else -> break
  od; j = 0;
  check_in_sync()
}

inline answer_confirmed(p) {
  assert(primary_of[acting[p]] == p);
  assert(!outdated[p] || LIED_TO);  /* no answer from a journal that lacked what was acknowledged before it was asked */
  if
  :: quiet && acting[p] == epoch && in_sync_of[epoch] == ALL_UP -> served = 1
  :: else
  fi
}
