Module Program
    Sub Main()
        Console.WriteLine(Environment.GetEnvironmentVariable("REPORT_TITLE"))
    End Sub
End Module
