"""The rules of each noun: functions over a transaction, without HTTP and without SQL."""
