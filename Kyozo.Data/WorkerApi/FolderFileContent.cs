using System.Net;
using System.Net.Http.Headers;

namespace Kyozo.Data.WorkerApi;

/// <summary>One part of a folder upload: opened only when the parts before it have been sent, so a folder of any size holds one stream open.</summary>
sealed class FolderFileContent : HttpContent
{
    readonly FolderFile _file;

    public FolderFileContent(FolderFile file)
    {
        _file = file;
        // FileNameStar is UTF-8, percent-encoded: a quote or a line end in a name cannot break out of the header.
        Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "file", FileNameStar = file.Path };
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var content = _file.Open();
        await content.CopyToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
