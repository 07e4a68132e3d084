// The sources of a precompiled header: nothing but the header.
