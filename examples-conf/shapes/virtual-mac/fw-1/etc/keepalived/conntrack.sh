#!/bin/sh
case $1 in
    primary) conntrackd -c && conntrackd -f && conntrackd -R && conntrackd -B ;;
    backup) conntrackd -t && conntrackd -n ;;
    *) conntrackd -t ;;
esac
