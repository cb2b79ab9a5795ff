"""Did a change help? Sessions before and after it, compared by the test that fits each measure; sessions scored."""
