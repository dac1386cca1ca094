// The archive is made of the object libraries sage_core and sage_actors; CMake wants one source of its own.
