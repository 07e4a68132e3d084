// How secrets of a record of before come into a keystore, and what becomes of a record that lost its own.
//
// The move survives a kill at any step. 1: the keystore is on disk, with all secrets; 2: one transaction of the record
// names it, takes the secrets out, and says that the file is to be rewritten; 3: the file is rewritten, for DuckDB keeps
// freed blocks with what was in them. Killed before 2, the next opening begins anew (the keystore of the first try is
// taken where it has this record's key); killed before the end of 3, the next opening rewrites again.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"
#include "store/keystore.hpp"

namespace tessera::store {

// Whether the record still has its secrets in itself.
Result<bool> has_own_secrets(Connection& connection);
// Steps 1 and 2. REQUIRES: has_own_secrets.
Result<std::shared_ptr<Keystore>> move_secrets(Connection& connection, const std::string& record);

Result<bool> is_to_be_rewritten(Connection& connection);
// Step 3: every table and view is copied to a new file, which takes the record's name. As much room as the record has is
// needed meanwhile. REQUIRES: nobody has it open.
Result<void> rewrite(const std::string& record);

// A new keystore for a record that lost its own: webhooks are disabled until they are given new secrets. Error where the
// record has its keystore.
Result<void> replace_lost_keystore(const std::string& record);

}  // namespace tessera::store
