// A library made of object libraries, or of a folder that is still empty, needs one source of its own.
