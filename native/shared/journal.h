// What a process is about to do to a table, for whoever has its cell next. One per cell and table.
//
// A change of a bucket has these steps; every one is a single store, seen by others in this order:
//   1. the own spare blob is written, its header with the cell and a number of this change alone
//   2. journal: bucket and word that are to be replaced
//   3. journal: state = pending, number
//   4. bucket: compare-and-swap of that word for the spare. Failed: state = idle, and that was all
//   5. journal: spare = the blob that was replaced
//   6. journal: state = idle
// Killed in 1, 2, or 3, a process has changed nothing that others see, and its spare is its spare.
// After 4 the spare is in the bucket, and the blob that was in it is nobody's until the next owner
// of the cell has done 5 and 6. It finds out like this:
//   - state is idle: nothing is to be done
//   - the bucket has the word that step 4 puts there: it came to 4
//   - the bucket has another, and state is done: it came to 4, and the bucket has been changed
//   since
//   - the bucket has another, and state is pending, read after the bucket: it did not come to 4
// For whoever replaces a blob first sets the state of the one who published it from pending to
// done, if it is still that very number. After 5 the spare is the replaced blob, and the bucket may
// have any word: step 5 once more changes nothing.
//
// Only the owner of the cell writes a journal, except for that one compare-and-swap.
#ifndef RONDO_SHARED_JOURNAL_H_
#define RONDO_SHARED_JOURNAL_H_

#include <stdint.h>

#include "shared/layout.h"

namespace rondo::shared {

struct alignas(64) Journal {
  Word state;  // number << 2 | JournalState
  Word bucket;
  Word replaced;  // the bucket's word before
  Word spare;     // which blob is the cell's own; see Table::SpareOf
};
static_assert(sizeof(Journal) == 64);

enum JournalState : uint64_t { kIdle = 0, kPending = 1, kDone = 2 };

inline uint64_t StateWord(uint64_t number, JournalState state) { return number << 2 | state; }
inline uint64_t NumberOf(uint64_t state_word) { return state_word >> 2; }
inline JournalState StateOf(uint64_t state_word) {
  return static_cast<JournalState>(state_word & 3);
}

// Who has published a blob: the first word of the blob. 0: nobody, it is as it was at the start.
inline uint64_t PublisherWord(uint32_t cell, uint64_t number) { return number << 16 | cell; }

// Says in the publisher's journal that its change has been made. Only for a publisher that was read
// out of a bucket which has since been seen unchanged: of a blob that is in no bucket that may not
// be so.
inline void NoteDone(Journal* journals, uint64_t publisher) {
  const uint64_t cell = publisher & 0xffff;
  if (publisher == 0 || cell >= kCells) return;
  uint64_t pending = StateWord(publisher >> 16, kPending);
  Word* const state = &journals[cell].state;
  if (state->load() == pending)
    state->compare_exchange_strong(pending, StateWord(publisher >> 16, kDone));
}

}  // namespace rondo::shared

#endif  // RONDO_SHARED_JOURNAL_H_
