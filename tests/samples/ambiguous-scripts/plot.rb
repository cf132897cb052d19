puts "plot"
