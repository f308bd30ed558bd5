#error "there are no meters"
