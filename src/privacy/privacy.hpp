// The front door of privacy: what may be used, who may do what, and who has seen whom.
//
//   classes.hpp         class_of, allowed_in_discovery: health, contact, demographics; by names and values
//   name_structure.hpp  saying_of: what the words of a name say
//   scopes.hpp          Scopes, Needs: who may do what
//   audit.hpp           IdentifiedOutput: real ids against a line in the audit log
#pragma once
