#!/bin/bash
if timeout 1 bash -c 'exec 3<>/dev/tcp/127.0.0.1/25 && read -r line <&3 && [[ $line == 220* ]]'; then
    exit 0
fi
exit 1
