#!/bin/sh
logger -t lvs "$*"
