#!/bin/bash
url="http://127.0.0.1:10088"
code=`curl -s -o /dev/null -w %{http_code} $url`
if [ $code -ne 200 ]; then
  /usr/bin/systemctl start nginx
  sleep 2
  code=`curl -s -o /dev/null -w %{http_code} $url`
  if [ $code -ne 200 ]; then
    /usr/bin/systemctl stop keepalived
  fi
fi
