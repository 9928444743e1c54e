// A file system for SQLite that writes what a commit adds to the write-ahead log in one piece. SQLite writes
// each page and the head of each page by a call of its own, some fifty for a change of a few rows. All other
// files, and all that is read, go through the system's own functions.
//
// Nothing is held back longer than SQLite relies on: what is gathered is written before the last page of a
// commit is said to be, before a synchronisation, and before anything is read. What cannot be written is kept
// and tried again with the next call, which fails as long as that fails: a commit fails as it would have.
// Thread-safety: that of SQLite's files, one connection each.
#pragma once

namespace zest::store {

// The name under which it is there once this was called; sqlite3_open_v2() takes it.
const char* gathered_log();

}  // namespace zest::store
