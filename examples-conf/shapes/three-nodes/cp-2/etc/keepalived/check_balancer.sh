#!/bin/sh
exec nc -z -w 1 127.0.0.1 16443
