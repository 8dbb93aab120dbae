// engine room io
